import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, type Config } from '../../config.js';
import { counter, gauge, histogram, type MetricFamily } from './metric.family.js';
import { Observations } from './observations.js';

const LAGS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/** Often enough to meet a loop that stands still for a moment, and rare enough to cost nothing. */
const LOOK_EVERY_MS = 50;

/**
 * What the process itself is about. The lag of the event loop is by how much a timer comes late, sampled whether somebody
 * scrapes or not: so two who scrape see the same, and a gap between two scrapes hides nothing.
 */
@Injectable()
export class ProcessMeter implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #lagsMs = new Observations(LAGS_MS);
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE' | 'QUEUE_DRIVER' | 'QUEUE_MAX_PENDING'>,
  ) {}

  onApplicationBootstrap(): void {
    let due = performance.now() + LOOK_EVERY_MS;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#lagsMs.add(Math.max(0, now - due));
      due = now + LOOK_EVERY_MS;
    }, LOOK_EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  families(): MetricFamily[] {
    const { ROLE, QUEUE_DRIVER, QUEUE_MAX_PENDING } = this.config;
    const { user, system } = process.cpuUsage();
    return [
      gauge('ordermill_process_info', 'Always 1; what this process is, in its labels.', 1, {
        role: ROLE,
        queue: QUEUE_DRIVER,
      }),
      gauge(
        'ordermill_process_pending_limit_orders',
        'QUEUE_MAX_PENDING of this process: with so many Pending orders it answers new ones with 503.',
        QUEUE_MAX_PENDING,
      ),
      histogram(
        'ordermill_process_event_loop_lag_seconds',
        `By how much a timer of this process came late; one sample every ${LOOK_EVERY_MS} ms.`,
        this.#lagsMs,
        1000,
      ),
      counter(
        'ordermill_process_event_loop_busy_seconds_total',
        'Time in which the event loop of this process was busy.',
        performance.eventLoopUtilization().active / 1000,
      ),
      counter(
        'ordermill_process_cpu_seconds_total',
        'CPU time of this process, user and system, all threads.',
        (user + system) / 1e6,
      ),
      gauge(
        'ordermill_process_resident_memory_bytes',
        'Resident memory of this process.',
        process.memoryUsage.rss(),
      ),
      gauge(
        'ordermill_process_start_time_seconds',
        'When this process started, since 1970.',
        performance.timeOrigin / 1000,
      ),
    ];
  }
}
