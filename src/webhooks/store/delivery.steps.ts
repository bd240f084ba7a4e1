import { Injectable } from '@nestjs/common';
import { Batcher } from '../../common/batcher.js';
import { Clock } from '../../common/clock.js';
import { Database, DatabaseUnavailable, type Query } from '../../database/database.js';
import { isAtOrAfter } from '../../orders/store/log/log.position.js';
import type { DeliveryStep, Stepped } from './delivery.step.js';
import { StepWrites, type StoredEndpoint } from './step.writes.js';
import { WEBHOOKS_SQL, type WebhooksSql } from './webhooks.sql.js';

/** Rows that one transaction writes at most, and rows that may wait. */
const MOST_ROWS = 1000;
const MOST_WAITING = 100_000;

/**
 * Writes for all endpoints of this process what the log brings and what became of attempts. A step is one transaction with
 * the endpoint's position, so each entry becomes one message, whatever crashes; steps of several endpoints share one, and
 * there is one at a time, so that orders do not wait behind many. The lock on the endpoint's row is taken first.
 */
@Injectable()
export class DeliverySteps {
  readonly #sql: WebhooksSql;
  readonly #batcher: Batcher<DeliveryStep, Stepped>;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    this.#sql = WEBHOOKS_SQL[database.dialect];
    this.#batcher = new Batcher<DeliveryStep, Stepped>((steps) => this.#commit(steps), {
      maxBatch: 100,
      maxWaiting: 10_000,
      maxFlushes: 1,
      gathers: false,
      isShared: (error) => error instanceof DatabaseUnavailable,
      size: {
        of: ({ results, deliveries }) => results.length + deliveries.length,
        maxBatch: MOST_ROWS,
        maxWaiting: MOST_WAITING,
      },
      clock,
    });
  }

  /** Resolves after the commit. After an error the same step may be written again. @throws DatabaseUnavailable */
  write(step: DeliveryStep): Promise<Stepped> {
    return this.#batcher.add(step);
  }

  async #commit(steps: DeliveryStep[]) {
    const inOrder = steps.toSorted((a, b) => (a.webhookId < b.webhookId ? -1 : 1)); // or two processes could wait for each other
    const stepped = new Map<DeliveryStep, Stepped>();
    await this.database.transaction(async (query) => {
      for (const step of inOrder) stepped.set(step, await this.#write(query, step));
    });
    return steps.map((step) => ({ value: stepped.get(step) }));
  }

  async #write(query: Query, step: DeliveryStep): Promise<Stepped> {
    const [row] = await query<StoredEndpoint>(
      `SELECT state, failing_since AS "failingSince", accepted, transitioned FROM webhooks WHERE id = ? AND owner = ? ${this.#sql.lock}`,
      [step.webhookId, step.owner],
    );
    if (!row) return undefined;
    const writes = new StepWrites(query, this.#sql, this.clock.now());
    await writes.results(step, row);
    if (row.state !== 'enabled') return undefined; // or messages would be left of one that is being deleted
    const stored = { accepted: Number(row.accepted), transitioned: Number(row.transitioned) };
    if (!isAtOrAfter(step.from, stored)) return stored; // the commit of this step was reported as failed, and was stored
    if (step.deliveries.length > 0) await writes.insert(step);
    const { accepted, transitioned } = step.to;
    if (accepted !== stored.accepted || transitioned !== stored.transitioned)
      await query('UPDATE webhooks SET accepted = ?, transitioned = ? WHERE id = ?', [
        accepted,
        transitioned,
        step.webhookId,
      ]);
    return step.to;
  }
}
