import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { Clock } from '../common/clock.js';
import { RateMeter } from './rate.meter.js';
import { ORDERS_TRANSITIONED, type OrdersTransitioned } from '../domain/order.events.js';
import { STATUSES } from '../domain/order.status.js';

/** How fast this process accepts and completes orders, over the last minute. Aggregated from events only. */
@Injectable()
export class Throughput {
  readonly #accepted: RateMeter;
  readonly #completed: RateMeter;

  constructor(clock: Clock) {
    this.#accepted = new RateMeter(clock);
    this.#completed = new RateMeter(clock);
  }

  @OnEvent(ORDERS_TRANSITIONED)
  onOrdersTransitioned({ transitions }: OrdersTransitioned): void {
    let accepted = 0;
    let completed = 0;
    for (const { from, to } of transitions) {
      if (from === null) accepted++;
      if (STATUSES[to].entering === 'completes') completed++;
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
}
