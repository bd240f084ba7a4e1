import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import { INTERRUPTED } from '../domain/order.transition.js';
import { OrdersReader, type ProcessingOrder } from '../orders/store/orders.reader.js';
import { OrdersStore } from '../orders/store/orders.store.js';
import { AttemptRunner } from './attempt.runner.js';
import { poisonBackOffMs } from './retry.policy.js';
import type { DelayedOrder } from './retry.schedule.js';

/**
 * The only code that may assume a crash: returns orders in Processing that nobody processes to Pending, at their old
 * position. On SQLite nobody processes what this process does not (`SqliteLock`); on a server an expired lease shows it.
 * Idempotent. Also finds an order whose start was stored although its commit was reported as failed.
 */
@Injectable()
export class OrderRecovery {
  readonly #logger = new Logger(OrderRecovery.name);

  constructor(
    private readonly store: OrdersStore,
    private readonly reader: OrdersReader,
    private readonly runner: AttemptRunner,
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** Recovers all abandoned orders; their transition enqueues them. @returns those that got a back-off instead */
  async recover(): Promise<DelayedOrder[]> {
    const abandoned = (await this.reader.processing()).filter(({ seq, owner, isExpired }) =>
      owner === this.runner.owner ? !this.runner.holds(seq) : isExpired || !this.database.isShared,
    );
    if (abandoned.length === 0) return [];
    const recovered = (await Promise.all(abandoned.map((order) => this.#recover(order)))).filter(
      (order) => order !== undefined,
    );
    if (recovered.length > 0) this.#logger.log(`recovered ${recovered.length} interrupted orders`);
    return recovered.filter(({ backOffMs }) => backOffMs > 0);
  }

  async #recover({
    seq,
    queueSeq,
    attempt,
    interruptions,
    owner,
  }: ProcessingOrder): Promise<DelayedOrder | undefined> {
    const at = this.clock.now();
    const backOffMs = poisonBackOffMs(interruptions + 1);
    const transition = {
      seq,
      from: 'Processing',
      to: 'Pending',
      attempt,
      at,
      reason: INTERRUPTED,
      interrupted: true,
      ifExpired: this.database.isShared && owner !== this.runner.owner, // it may have been renewed since it was read
    } as const;
    const notBefore = at + backOffMs;
    const order = await this.store.transition(backOffMs > 0 ? { ...transition, notBefore } : transition);
    return order && { seq, queueSeq, notBefore, backOffMs };
  }
}
