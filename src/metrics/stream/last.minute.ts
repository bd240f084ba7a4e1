import { interpolatedPercentile, percentile } from '../histogram.js';
import type { PercentilesDto } from '../metrics.dto.js';
import { WAIT_BOUNDS_MS, type OrderCounts } from '../order.counters.js';
import { percentilesInSeconds } from '../seconds.js';

const WINDOW_MS = 60_000;

/** Looks that are closer are not remembered. */
const BETWEEN_LOOKS_MS = 500;

type Histograms = Pick<OrderCounts, 'waits' | 'processingTimes'>;

/** Of the orders that started, and of those that were completed, since the oldest look of the last minute; null: of none. */
export interface RecentTimes {
  wait_time: PercentilesDto | null;
  processing_time: PercentilesDto | null;
}

/** Percentiles of the last minute, by what the histograms have grown since: those of ever hardly move after a while. */
export class LastMinute {
  #looks: { atMs: number; histograms: Histograms }[] = [];

  /** @param nowMs on the monotonic clock */
  look(nowMs: number, { waits, processingTimes }: Histograms): RecentTimes {
    this.#looks = this.#looks.filter(({ atMs }) => nowMs - atMs <= WINDOW_MS);
    if (nowMs - (this.#looks.at(-1)?.atMs ?? -Infinity) >= BETWEEN_LOOKS_MS)
      this.#looks.push({ atMs: nowMs, histograms: { waits, processingTimes } });
    const since = this.#looks[0]?.histograms;
    const [waited, worked] = [grown(waits, since?.waits), grown(processingTimes, since?.processingTimes)];
    return {
      wait_time: waited && percentilesInSeconds((p) => interpolatedPercentile(WAIT_BOUNDS_MS, waited, p)),
      processing_time: worked && percentilesInSeconds((p) => percentile(worked, p)),
    };
  }
}

type Histogram = ReadonlyMap<number, number>;

/** null: it has not. */
function grown(now: Histogram, before?: Histogram): Histogram | null {
  const counts = [...now].map(([bucket, count]) => [bucket, count - (before?.get(bucket) ?? 0)] as const);
  const more = new Map(counts.filter(([, count]) => count > 0));
  return more.size > 0 ? more : null;
}
