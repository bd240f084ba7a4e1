import type { Clock } from '../../common/clock.js';
import type { Config } from '../../config.js';
import { isAtOrAfter, type LogPosition } from '../../orders/store/log/log.position.js';
import type { NewDelivery } from '../store/delivery.step.js';
import type { HeldWebhooks } from '../store/held.webhooks.js';
import type { Webhook } from '../webhook.js';
import type { LogPages } from './log.pages.js';
import { messageOf } from './webhook.message.js';

/** Entries of the log that become messages at once. */
const PAGE = 500;

/** How often the unfinished messages of an endpoint are counted, at most. */
const COUNT_MS = 1000;

/** What an endpoint takes from the log: the messages it wants, of the entries up to `to`. */
export interface Intake {
  deliveries: NewDelivery[];
  to: LogPosition;
}

/** What the intakes of all endpoints share. */
export interface IntakeTools {
  pages: LogPages;
  held: HeldWebhooks;
  clock: Clock;
  config: Pick<Config, 'WEBHOOK_MAX_PENDING'>;
}

/**
 * Makes messages of the next entries of the log for one endpoint, while no more than WEBHOOK_MAX_PENDING are unfinished. They
 * are counted when it seems that there is no room, and not often: of a full endpoint that is thousands.
 */
export class EndpointIntake {
  #room = 0;
  #countedMs = -Infinity;

  constructor(private readonly tools: IntakeTools) {}

  /** Undefined: nothing is left up to `end`, or there is no room. @throws DatabaseUnavailable */
  async next(
    { id, statuses }: Webhook,
    from: LogPosition,
    end: LogPosition | undefined,
  ): Promise<Intake | undefined> {
    if (!end || isAtOrAfter(from, end) || !(await this.#hasRoom(id))) return undefined;
    const entries = await this.tools.pages.read(from, end, Math.min(PAGE, this.#room));
    const deliveries = entries.filter(({ to }) => statuses.includes(to)).map(messageOf);
    this.#room -= deliveries.length;
    return { deliveries, to: entries.at(-1)?.position ?? latest(from, end) };
  }

  async #hasRoom(webhookId: string): Promise<boolean> {
    const { held, clock, config } = this.tools;
    if (this.#room > 0) return true;
    if (clock.monotonicMs() - this.#countedMs < COUNT_MS) return false;
    this.#countedMs = clock.monotonicMs();
    this.#room = config.WEBHOOK_MAX_PENDING - (await held.backlog(webhookId));
    return this.#room > 0;
  }
}

function latest(one: LogPosition, other: LogPosition): LogPosition {
  return {
    accepted: Math.max(one.accepted, other.accepted),
    transitioned: Math.max(one.transitioned, other.transitioned),
  };
}
