import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Random } from '../common/random.js';
import { tracer } from '../common/tracing.js';
import { CONFIG, type Config } from '../config.js';
import { OrdersStore } from '../orders/store/orders.store.js';
import { contentOf } from '../domain/order.js';
import { RELEASED, type TransitionRequest, type TransitionedOrder } from '../domain/order.transition.js';
import type { QueueEntry } from '../queue/queue.driver.js';
import { AttemptFailure, OrderHandler } from './order.handler.js';
import { describe, detailOf, judge } from './retry.policy.js';
import type { DelayedOrder } from './retry.schedule.js';

/** An order that this process has started: it is Processing, and this is its attempt. */
export interface Attempt {
  order: TransitionedOrder;
  startedAt: number;
  /** On the monotonic clock. */
  startedMs: number;
}

/** How an attempt ended: the transition to write and, when the order is to be tried again, its back-off. */
export interface AttemptEnd {
  transition: TransitionRequest;
  delayed?: DelayedOrder;
}

/** Pause between tries to write the end of an attempt while the database is unavailable. */
const WRITE_RETRY_MS = 250;

/** Most tries to write it while the process is stopping. */
const LAST_TRIES = 4;

/** The reason with which an attempt is aborted when the process stops. */
class Released extends Error {}

/**
 * Runs attempts: starts orders, calls the handler for each, and writes how the attempt ended, trying again until it is
 * stored. When to start which order is up to `OrderProcessor`.
 */
@Injectable()
export class AttemptRunner {
  /** Identifies this process as the owner of its attempts. */
  readonly owner: string;
  readonly #logger = new Logger(AttemptRunner.name);
  readonly #held = new Set<number>();
  /** For each attempt whose work goes on, the function that aborts it. */
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

  /** Whether this process is working on the order, or still writing the end of its attempt. */
  holds(seq: number): boolean {
    return this.#held.has(seq);
  }

  /**
   * Starts the orders: their transitions to Processing share one commit. @returns for each entry its attempt; undefined
   * when its order is not Pending any more or not due; or the error when the transition could not be written
   */
  async start(entries: QueueEntry[]): Promise<(Attempt | undefined | Error)[]> {
    const startedAt = this.clock.now();
    const startedMs = this.clock.monotonicMs();
    for (const { id } of entries) this.#held.add(id);
    const outcomes = await this.store.transitionAll(
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

  /** Renews the leases of all attempts of this process. @throws DatabaseUnavailable */
  async renewLeases(): Promise<void> {
    if (this.#held.size > 0) await this.store.renew(this.owner, this.config.LEASE_MS);
  }

  /** Calls the handler, and judges how it ended. Never rejects. */
  async work(attempt: Attempt): Promise<AttemptEnd> {
    return this.#outcome(attempt, await this.#work(attempt));
  }

  /**
   * Writes how an attempt ended. Resolves when that is stored, or was given up at a stop; never rejects.
   * @returns the order when it is to be tried again
   */
  async finish({ transition, delayed }: AttemptEnd): Promise<DelayedOrder | undefined> {
    const isWritten = await this.#write(transition);
    this.#held.delete(transition.seq);
    return isWritten ? delayed : undefined;
  }

  /** Aborts all attempts: each ends at once, and its order returns to Pending. */
  abort(): void {
    this.#isStopping = true;
    for (const abort of this.#running) abort(new Released());
  }

  /**
   * Waits for the handler, but no longer than the time-out: then the attempt has failed, whatever the handler still does.
   * @returns what was thrown, in a box, because `undefined` can be thrown too
   */
  async #work({ order }: Attempt): Promise<{ error: unknown } | undefined> {
    const { orderId, attempts: attempt } = order;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const controller = new AbortController();
    const abort = (reason: Error) => {
      controller.abort(reason);
      reject(reason);
    };
    const cancelTimer = this.clock.timer(this.config.ATTEMPT_TIMEOUT_MS, () => abort(this.#timedOut()));
    this.#running.add(abort);
    try {
      const handle = () =>
        Promise.race([
          this.handler.handle({ orderId, ...contentOf(order), attempt }, controller.signal),
          aborted,
        ]);
      const trace = { orderId, attempt, context: order.traceParent };
      await (tracer()?.attempt(trace, handle) ?? handle());
      return undefined;
    } catch (error) {
      return { error: controller.signal.aborted ? controller.signal.reason : error };
    } finally {
      cancelTimer();
      this.#running.delete(abort);
    }
  }

  #timedOut(): AttemptFailure {
    return new AttemptFailure('timeout', `the attempt took longer than ${this.config.ATTEMPT_TIMEOUT_MS} ms`);
  }

  #outcome({ order, startedAt, startedMs }: Attempt, failure: { error: unknown } | undefined): AttemptEnd {
    const { seq, queueSeq, attempts: attempt } = order;
    const at = startedAt + Math.round(this.clock.monotonicMs() - startedMs); // also if the host's clock was set meanwhile
    const end = { seq, from: 'Processing', attempt, at } as const;
    if (!failure) return { transition: { ...end, to: 'Completed' } };
    if (failure.error instanceof Released) return { transition: { ...end, to: 'Pending', reason: RELEASED } };
    const error = describe(failure.error, attempt);
    const detail = detailOf(failure.error);
    if (detail !== undefined) this.#logger.warn(`order ${order.orderId}, attempt ${attempt}: ${detail}`);
    const reason = `${error.code}: ${error.message}`;
    const verdict = judge(failure.error, order.failures + 1, this.config, this.random.share());
    if (!verdict.retry) return { transition: { ...end, to: 'Failed', reason, error } };
    const notBefore = Math.max(at, this.clock.now()) + verdict.afterMs; // a clock that was set back cannot shorten the back-off
    return {
      transition: { ...end, to: 'Pending', reason, error, notBefore },
      delayed: { seq, queueSeq, notBefore, backOffMs: verdict.afterMs },
    };
  }

  /**
   * Tries until the transition is stored, or the process stops; then the recovery of the next process finds the order.
   * @returns whether it is stored. A refusal counts as stored from the second try on: a commit that was reported as failed
   *   may have stored it
   */
  async #write(transition: TransitionRequest): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        const order = await this.store.transition(transition);
        return order !== undefined || tries > 1;
      } catch (error) {
        if (tries === 1)
          this.#logger.warn(
            `order ${transition.seq}: transition to ${transition.to} not written yet, retrying: ${String(error)}`,
          );
        if (this.#isStopping && tries >= LAST_TRIES) return false;
        await this.clock.wait(WRITE_RETRY_MS);
      }
    }
  }
}
