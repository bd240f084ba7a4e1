import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config.js';
import { OrdersStore } from '../orders/orders.store.js';
import type { Move, MovedOrder } from '../orders/orders.writer.js';
import type { QueueEntry } from '../queue/queue.driver.js';
import { OrderHandler } from './order.handler.js';
import { describe, judge } from './retry.policy.js';
import type { DelayedOrder } from './retry.schedule.js';

/** An order that this process has taken: it is Processing, and this is its attempt. */
export interface Attempt {
  order: MovedOrder;
  startedAt: number;
  /** On the monotonic clock. */
  startedMs: number;
}

/** Pause between tries to write down the end of an attempt while the database is in trouble. */
const SETTLE_RETRY_MS = 250;

/** Runs attempts: takes orders, has the handler work on them, and writes down how it ended, whatever that takes. */
@Injectable()
export class AttemptRunner {
  /** Names this process as the owner of its attempts. */
  readonly owner = randomUUID();
  readonly #logger = new Logger(AttemptRunner.name);
  readonly #held = new Set<number>();
  readonly #stop = new AbortController();

  constructor(
    private readonly store: OrdersStore,
    private readonly handler: OrderHandler,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Whether an order is in this process's hands. */
  holds(seq: number): boolean {
    return this.#held.has(seq);
  }

  /**
   * Moves the orders to Processing in one commit. An entry's attempt is undefined when its order is no longer Pending,
   * and the error when that could not be written.
   */
  async take(entries: QueueEntry[]): Promise<(Attempt | undefined | Error)[]> {
    const startedAt = this.clock.now();
    const startedMs = this.clock.monotonicMs();
    const take = async ({ id: seq }: QueueEntry): Promise<Attempt | undefined | Error> => {
      this.#held.add(seq);
      try {
        const order = await this.store.move({
          seq,
          from: 'Pending',
          to: 'Processing',
          at: startedAt,
          owner: this.owner,
        });
        if (order) return { order, startedAt, startedMs };
        this.#held.delete(seq);
        return undefined;
      } catch (error) {
        this.#held.delete(seq);
        return error instanceof Error ? error : new Error(String(error));
      }
    };
    return Promise.all(entries.map(take));
  }

  /**
   * Has the work done and the outcome written down. Resolves when this order is off our hands; never rejects.
   * @returns the order and the end of its back-off when it is to be tried again by this process
   */
  async run(attempt: Attempt): Promise<DelayedOrder | undefined> {
    const failure = await this.#work(attempt);
    const move = this.#outcome(attempt, failure);
    const moved = await this.#settle(move);
    this.#held.delete(move.seq);
    return moved && move.notBefore !== undefined ? { ...moved, notBefore: move.notBefore } : undefined;
  }

  /** Aborts what runs: each attempt ends soon, and its order goes back to Pending. */
  abort(): void {
    this.#stop.abort();
  }

  /** @returns what was thrown, boxed: anything may be */
  async #work({ order }: Attempt): Promise<{ error: unknown } | undefined> {
    const { orderId, userId, itemIds, totalAmount, attempts: attempt } = order;
    try {
      await this.handler.handle({ orderId, userId, itemIds, totalAmount, attempt }, this.#stop.signal);
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  #outcome({ order, startedAt, startedMs }: Attempt, failure: { error: unknown } | undefined): Move {
    const { seq, attempts: attempt } = order;
    const at = startedAt + Math.round(this.clock.monotonicMs() - startedMs); // a clock that is set cannot make it negative
    const end = { seq, from: 'Processing', attempt, at } as const;
    if (!failure) return { ...end, to: 'Completed' };
    if (this.#stop.signal.aborted) return { ...end, to: 'Pending', reason: 'released at shutdown' };
    const error = describe(failure.error, attempt);
    const reason = `${error.code}: ${error.message}`;
    const verdict = judge(failure.error, order.failures + 1, this.config);
    if (verdict.retry)
      return { ...end, to: 'Pending', reason, error, notBefore: this.clock.now() + verdict.afterMs };
    return { ...end, to: 'Failed', reason, error };
  }

  /** Tries until it is written, or until the process stops: the next one's recovery takes the order back then. */
  async #settle(move: Move): Promise<MovedOrder | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.store.move(move);
      } catch (error) {
        if (tries === 1)
          this.#logger.warn(`order ${move.seq} waits to be written as ${move.to}: ${String(error)}`);
        if (this.#stop.signal.aborted && tries > 3) return undefined;
        await wait(SETTLE_RETRY_MS);
      }
    }
  }
}
