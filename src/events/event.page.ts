import { toTransitionDto } from '../orders/dto/transition.dto.js';
import type { LogEntry } from '../orders/store/log/order.log.js';
import type { LogPosition } from '../orders/store/log/log.position.js';

/** Which transitions a client wants; undefined: of all orders, of all users. */
export interface EventFilter {
  orderId?: string | undefined;
  userId?: string | undefined;
}

/** Some entries of the log as server-sent events. Made once, however many clients they are sent to. */
export class EventPage {
  readonly end: LogPosition;
  readonly #events: string[];
  #whole: Buffer | undefined;

  /** @param entries at least one */
  constructor(private readonly entries: LogEntry[]) {
    const last = entries.at(-1);
    if (!last) throw new Error('a page without an entry');
    this.end = last.position;
    this.#events = entries.map(toEvent);
  }

  /** What a client is sent of it, if anything. Clients without a filter share its bytes. */
  bytesFor({ orderId, userId }: EventFilter): Buffer | undefined {
    if (orderId === undefined && userId === undefined)
      return (this.#whole ??= Buffer.from(this.#events.join('')));
    let text = '';
    this.entries.forEach((entry, index) => {
      if (orderId !== undefined && entry.orderId !== orderId) return;
      if (userId !== undefined && entry.userId !== userId) return;
      text += this.#events[index];
    });
    return text === '' ? undefined : Buffer.from(text);
  }
}

function toEvent(entry: LogEntry): string {
  return `id: ${toEventId(entry.position)}\nevent: order\ndata: ${JSON.stringify(toTransitionDto(entry))}\n\n`;
}

/** The id of an event is the position after it, so that a client can go on in any process. */
export function toEventId({ accepted, transitioned }: LogPosition): string {
  return `${accepted}-${transitioned}`;
}

/** undefined when it is none of ours. */
export function fromEventId(id: string): LogPosition | undefined {
  const [, accepted, transitioned] = /^(\d{1,15})-(\d{1,15})$/.exec(id) ?? [];
  if (accepted === undefined || transitioned === undefined) return undefined;
  return { accepted: Number(accepted), transitioned: Number(transitioned) };
}
