import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Random } from '../common/random.js';
import { CONFIG, type Config } from '../config.js';
import { OrdersStore } from '../orders/orders.store.js';
import type { Move, MovedOrder } from '../orders/order.move.js';
import type { QueueEntry } from '../queue/queue.driver.js';
import { AttemptFailure, OrderHandler } from './order.handler.js';
import { describe, detailOf, judge } from './retry.policy.js';
import type { DelayedOrder } from './retry.schedule.js';

/** An order that this process has started: it is Processing, and this is its attempt. */
export interface Attempt {
  order: MovedOrder;
  startedAt: number;
  /** On the monotonic clock. */
  startedMs: number;
}

/** How an attempt ended: the move that writes it down and, when the order is to be tried again, its back-off. */
export interface AttemptEnd {
  move: Move;
  delayed?: DelayedOrder;
}

/** Pause between tries to write down the end of an attempt while the database is unavailable. */
const WRITE_RETRY_MS = 250;

/** Tries that are left to a process that is stopping. */
const LAST_TRIES = 4;

/** Why an attempt was aborted: the process stops. */
class Released extends Error {}

/** Runs attempts: starts orders, has the handler work on them, and writes down how it ended, however long that takes. */
@Injectable()
export class AttemptRunner {
  /** Names this process as the owner of its attempts. */
  readonly owner: string;
  readonly #logger = new Logger(AttemptRunner.name);
  readonly #held = new Set<number>();
  /** What aborts each attempt whose work goes on. */
  readonly #running = new Set<(reason: Error) => void>();
  #isStopping = false;

  constructor(
    private readonly store: OrdersStore,
    private readonly handler: OrderHandler,
    private readonly clock: Clock,
    private readonly random: Random,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.owner = random.uuid();
  }

  /** Whether an order is in this process's hands. */
  holds(seq: number): boolean {
    return this.#held.has(seq);
  }

  /**
   * Moves the orders to Processing in one commit. An entry's attempt is undefined when its order is no longer Pending,
   * and the error when that could not be written.
   */
  async start(entries: QueueEntry[]): Promise<(Attempt | undefined | Error)[]> {
    const startedAt = this.clock.now();
    const startedMs = this.clock.monotonicMs();
    for (const { id } of entries) this.#held.add(id);
    const outcomes = await this.store.moveAll(
      entries.map(({ id: seq }) => ({
        seq,
        from: 'Pending',
        to: 'Processing',
        at: startedAt,
        owner: this.owner,
        leaseMs: this.config.LEASE_MS,
      })),
    );
    return entries.map(({ id }, index) => {
      const outcome = outcomes[index];
      if (outcome && 'value' in outcome && outcome.value)
        return { order: outcome.value, startedAt, startedMs };
      this.#held.delete(id);
      if (!outcome || 'value' in outcome) return undefined;
      return outcome.error instanceof Error ? outcome.error : new Error(String(outcome.error));
    });
  }

  /** Keeps what this process works on. @throws DatabaseUnavailable */
  async renewLeases(): Promise<void> {
    if (this.#held.size > 0) await this.store.renew(this.owner, this.config.LEASE_MS);
  }

  /** Has the work done. Never rejects. */
  async work(attempt: Attempt): Promise<AttemptEnd> {
    return this.#outcome(attempt, await this.#work(attempt));
  }

  /**
   * Writes down how an attempt ended. Resolves when this order is off our hands; never rejects.
   * @returns the order when it is to be tried again
   */
  async finish({ move, delayed }: AttemptEnd): Promise<DelayedOrder | undefined> {
    const isWritten = await this.#write(move);
    this.#held.delete(move.seq);
    return isWritten ? delayed : undefined;
  }

  /** Aborts what runs: each attempt ends at once, and its order goes back to Pending. */
  abort(): void {
    this.#isStopping = true;
    for (const abort of this.#running) abort(new Released());
  }

  /**
   * Waits for the handler, but no longer than the time-out: then the attempt has failed, whatever the handler still does.
   * @returns what was thrown, boxed: anything may be
   */
  async #work({ order }: Attempt): Promise<{ error: unknown } | undefined> {
    const { orderId, userId, itemIds, totalAmount, attempts: attempt } = order;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const controller = new AbortController();
    const abort = (reason: Error) => {
      controller.abort(reason);
      reject(reason);
    };
    const callOff = this.clock.timer(this.config.ATTEMPT_TIMEOUT_MS, () => abort(this.#timedOut()));
    this.#running.add(abort);
    try {
      const work = this.handler.handle({ orderId, userId, itemIds, totalAmount, attempt }, controller.signal);
      await Promise.race([work, aborted]);
      return undefined;
    } catch (error) {
      return { error: controller.signal.aborted ? controller.signal.reason : error };
    } finally {
      callOff();
      this.#running.delete(abort);
    }
  }

  #timedOut(): AttemptFailure {
    return new AttemptFailure('timeout', `the attempt took longer than ${this.config.ATTEMPT_TIMEOUT_MS} ms`);
  }

  #outcome({ order, startedAt, startedMs }: Attempt, failure: { error: unknown } | undefined): AttemptEnd {
    const { seq, queueSeq, attempts: attempt } = order;
    const at = startedAt + Math.round(this.clock.monotonicMs() - startedMs); // a clock that is set cannot make it negative
    const end = { seq, from: 'Processing', attempt, at } as const;
    if (!failure) return { move: { ...end, to: 'Completed' } };
    if (failure.error instanceof Released)
      return { move: { ...end, to: 'Pending', reason: 'released at shutdown' } };
    const error = describe(failure.error, attempt);
    const detail = detailOf(failure.error);
    if (detail !== undefined) this.#logger.warn(`order ${order.orderId}, attempt ${attempt}: ${detail}`);
    const reason = `${error.code}: ${error.message}`;
    const verdict = judge(failure.error, order.failures + 1, this.config, this.random.share());
    if (!verdict.retry) return { move: { ...end, to: 'Failed', reason, error } };
    const notBefore = Math.max(at, this.clock.now()) + verdict.afterMs; // a clock that is set cannot make it shorter
    return {
      move: { ...end, to: 'Pending', reason, error, notBefore },
      delayed: { seq, queueSeq, notBefore, backOffMs: verdict.afterMs },
    };
  }

  /**
   * Tries until it is written, or until the process stops: the next one's recovery takes the order back then.
   * @returns whether it is written; a try whose commit was reported as failed may have done it, and the next is refused
   */
  async #write(move: Move): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        const moved = await this.store.move(move);
        return moved !== undefined || tries > 1;
      } catch (error) {
        if (tries === 1)
          this.#logger.warn(`order ${move.seq}: ${move.to} not written yet, retrying: ${String(error)}`);
        if (this.#isStopping && tries >= LAST_TRIES) return false;
        await this.clock.wait(WRITE_RETRY_MS);
      }
    }
  }
}
