import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config.js';
import type { OrderCounts } from './order.counters.js';

/** A look at the counters, at most one a second. */
interface Look {
  /** On the monotonic clock. */
  atMs: number;
  completed: number;
  processingMs: number;
  hasPending: boolean;
}

const BETWEEN_LOOKS_MS = 1000;

/** How far back looks are remembered. */
const WINDOW_MS = 60_000;

/** So many completions of the window make an average of their own. */
const ENOUGH = 20;

/**
 * When an order will be done, from what the counters say of all processes. While orders have been waiting, the rate of
 * completion is the one seen since; otherwise that of `PROCESSOR_CONCURRENCY` slots at the average duration of the last
 * minute, of ever, or, before the first completion, the configured one.
 */
@Injectable()
export class CompletionEstimate {
  #looks: Look[] = [];

  constructor(
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'PROCESSOR_CONCURRENCY' | 'PROCESSING_TIME_MS'>,
  ) {}

  /** @returns in how many milliseconds the order at a position of the queue will be done; 1 is the next to start */
  from(counts: OrderCounts): (position: number) => number {
    const now = this.#look(counts);
    const averageMs = this.#averageMs(now);
    const slots = this.config.PROCESSOR_CONCURRENCY;
    const free = Math.max(0, slots - counts.byStatus.Processing);
    const perMs = this.#perMs(now) ?? slots / averageMs;
    return (position) => Math.max(0, position - free) / perMs + averageMs;
  }

  #look({ byStatus, completed, processingMs }: OrderCounts): Look {
    const now = {
      atMs: this.clock.monotonicMs(),
      completed,
      processingMs,
      hasPending: byStatus.Pending > 0,
    };
    const latest = this.#looks.at(-1);
    if (!latest || now.atMs - latest.atMs >= BETWEEN_LOOKS_MS || (latest.hasPending && !now.hasPending))
      this.#looks = [...this.#looks.filter(({ atMs }) => now.atMs - atMs <= WINDOW_MS), now];
    return now;
  }

  /** Completions since orders wait; undefined when that was not seen for a second. */
  #perMs(now: Look): number | undefined {
    if (!now.hasPending) return undefined;
    const since = this.#looks[this.#looks.findLastIndex(({ hasPending }) => !hasPending) + 1];
    if (!since || now.atMs - since.atMs < BETWEEN_LOOKS_MS || now.completed <= since.completed)
      return undefined;
    return (now.completed - since.completed) / (now.atMs - since.atMs);
  }

  #averageMs(now: Look): number {
    const [first = now] = this.#looks;
    const completed = now.completed - first.completed;
    if (completed >= ENOUGH) return (now.processingMs - first.processingMs) / completed;
    return now.completed > 0 ? now.processingMs / now.completed : this.config.PROCESSING_TIME_MS;
  }
}
