import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { CONFIG, type Config } from '../../config.js';
import { Database } from '../../database/database.js';
import { WEBHOOKS_SQL } from '../store/webhooks.sql.js';

/** Finished deliveries that are kept of each endpoint, of either state. */
const MOST_KEPT = 10_000;

/** How many are deleted at once: others wait meanwhile. */
const BATCH = 500;

const PAUSE_MS = 60_000;

/** Deletes what need not be kept: finished deliveries that are old or too many, and what deleted endpoints have left. */
@Injectable()
export class DeliveryPruning implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(DeliveryPruning.name);
  #pruning: Promise<void> | undefined;
  #isStopping = false;
  #stop = () => {};

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE' | 'WEBHOOK_KEEP_MS'>,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.ROLE === 'api') return;
    this.#stop = this.clock.every(PAUSE_MS, () => {
      this.#pruning ??= this.prune()
        .catch((error: unknown) => this.#logger.warn(error)) // the next time goes on
        .finally(() => (this.#pruning = undefined));
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stop();
    this.#isStopping = true;
    await this.#pruning;
  }

  /** Deletes all that there is to delete, in small batches. @throws DatabaseUnavailable */
  async prune(): Promise<void> {
    const webhooks = await this.database.read<{ id: string; state: string }>(
      'SELECT id, state FROM webhooks',
    );
    for (const { id, state } of webhooks)
      if (state === 'deleted') await this.#pruneDeleted(id);
      else for (const finished of ['delivered', 'failed']) await this.#pruneFinished(id, finished);
  }

  /** Its row goes last, so that whatever is cut off is found again. */
  async #pruneDeleted(webhookId: string): Promise<void> {
    const select = 'SELECT id FROM webhook_deliveries WHERE webhook_id = ? LIMIT ?';
    for (;;) {
      const rows = await this.database.read<{ id: number }>(select, [webhookId, BATCH]);
      if (rows.length === 0) break;
      if (!(await this.#delete(rows))) return;
    }
    await this.database.write('DELETE FROM webhooks WHERE id = ?', [webhookId]);
  }

  async #pruneFinished(webhookId: string, state: string): Promise<void> {
    const where = 'FROM webhook_deliveries WHERE webhook_id = ? AND state = ?';
    const [tooMany] = await this.database.read<{ id: number }>(
      `SELECT id ${where} ORDER BY id DESC LIMIT 1 OFFSET ${MOST_KEPT}`,
      [webhookId, state],
    );
    for (;;) {
      const oldest = await this.database.read<{ id: number; at: number }>(
        `SELECT id, attempted_at AS at ${where} ORDER BY id LIMIT ?`,
        [webhookId, state, BATCH],
      );
      const old = oldest.filter(
        ({ id, at }) =>
          Number(id) <= Number(tooMany?.id ?? 0) ||
          Number(at) < this.clock.now() - this.config.WEBHOOK_KEEP_MS,
      );
      if (old.length === 0 || !(await this.#delete(old, `AND state <> 'pending'`)) || old.length < BATCH)
        return;
    }
  }

  /** @param condition of rows that may have changed since they were read. @returns whether to go on */
  async #delete(rows: { id: number }[], condition = ''): Promise<boolean> {
    const { isOneOf, list } = WEBHOOKS_SQL[this.database.dialect];
    const ids = list(rows.map(({ id }) => Number(id)));
    await this.database.write(`DELETE FROM webhook_deliveries WHERE id ${isOneOf} ${condition}`, [ids]);
    return !this.#isStopping;
  }
}
