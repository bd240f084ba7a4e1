import { Inject, Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { Clock } from '../common/clock.js';
import { RateMeter } from '../common/rate.meter.js';
import { CONFIG, type Config } from '../config.js';
import { ORDERS_MOVED, type OrdersMoved } from './order.events.js';

/** How fast this process accepts and completes orders, and what that says about the backlog. Heard from events only. */
@Injectable()
export class OrderRates {
  readonly #accepted: RateMeter;
  readonly #completed: RateMeter;

  constructor(
    clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.#accepted = new RateMeter(clock);
    this.#completed = new RateMeter(clock);
  }

  @OnEvent(ORDERS_MOVED)
  onOrdersMoved({ moves }: OrdersMoved): void {
    let accepted = 0;
    let completed = 0;
    for (const { from, to } of moves) {
      if (from === null) accepted++;
      if (to === 'Completed') completed++;
    }
    if (accepted > 0) this.#accepted.add(accepted);
    if (completed > 0) this.#completed.add(completed);
  }

  acceptedPerSecond(): number {
    return this.#accepted.perSecond();
  }

  completedPerSecond(): number {
    return this.#completed.perSecond();
  }

  /**
   * Seconds until this many orders are done: by their average duration (the configured one, before any is done) with
   * all slots busy, or at the present rate of completion, whichever is sooner; the rate may be low for want of orders.
   */
  secondsFor(orders: number, averageMs: number | undefined): number {
    const rounds = Math.ceil(orders / this.config.PROCESSOR_CONCURRENCY);
    const byDuration = (rounds * (averageMs ?? this.config.PROCESSING_TIME_MS)) / 1000;
    const rate = this.completedPerSecond();
    return rate > 0 && averageMs !== undefined ? Math.min(byDuration, orders / rate) : byDuration;
  }
}
