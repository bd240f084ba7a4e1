import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import { OrdersReader, type ProcessingOrder } from '../orders/orders.reader.js';
import { OrdersStore } from '../orders/orders.store.js';
import { AttemptRunner } from './attempt.runner.js';
import { suspicionMs } from './retry.policy.js';
import type { DelayedOrder } from './retry.schedule.js';

/**
 * The only code that may assume a crash: orders in Processing that nobody processes go back to Pending, in their old
 * position. One process at a time holds a SQLite file (`SqliteLock`), so whatever this one does not run, nobody runs; on a
 * server, the lease tells.
 * Idempotent; also finds an order whose start was committed though the commit was reported as failed.
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

  /** Takes back what nobody processes: their transition enqueues them. @returns those that are delayed instead */
  async recover(): Promise<DelayedOrder[]> {
    const abandoned = (await this.reader.processing()).filter(({ seq, owner, isExpired }) =>
      owner === this.runner.owner ? !this.runner.holds(seq) : isExpired || !this.database.isShared,
    );
    if (abandoned.length === 0) return [];
    const back = (await Promise.all(abandoned.map((order) => this.#takeBack(order)))).filter(
      (order) => order !== undefined,
    );
    if (back.length > 0) this.#logger.log(`took back ${back.length} interrupted orders`);
    return back.filter(({ backOffMs }) => backOffMs > 0);
  }

  async #takeBack({
    seq,
    queueSeq,
    attempt,
    interruptions,
    owner,
  }: ProcessingOrder): Promise<DelayedOrder | undefined> {
    const at = this.clock.now();
    const backOffMs = suspicionMs(interruptions + 1);
    const move = {
      seq,
      from: 'Processing',
      to: 'Pending',
      attempt,
      at,
      reason: 'interrupted',
      interrupted: true,
      ifExpired: this.database.isShared && owner !== this.runner.owner, // the lease may have been renewed since it was read
    } as const;
    const notBefore = at + backOffMs;
    const moved = await this.store.move(backOffMs > 0 ? { ...move, notBefore } : move);
    return moved && { seq, queueSeq, notBefore, backOffMs };
  }
}
