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
   * Seconds until this many orders are done: at the present rate of completion; before anything was completed lately,
   * by the average duration (the configured one, before any), with all slots busy.
   */
  secondsFor(orders: number, averageMs: number | undefined): number {
    if (orders === 0) return 0;
    const rate = this.completedPerSecond();
    if (rate > 0) return orders / rate;
    const rounds = Math.ceil(orders / this.config.PROCESSOR_CONCURRENCY);
    return (rounds * (averageMs ?? this.config.PROCESSING_TIME_MS)) / 1000;
  }
}
