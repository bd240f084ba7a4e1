import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { ORDERS_TRANSITIONED, ORDERS_UNCERTAIN, type OrdersTransitioned } from '../../domain/order.events.js';
import { counter, histogram, type MetricFamily } from './metric.family.js';
import { Observations } from './observations.js';

const ORDERS = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const TIMES_MS = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/** How many orders share a commit of this process, and how long one takes. Told once a commit, by the event that follows it. */
@Injectable()
export class CommitMeter {
  readonly #orders = new Observations(ORDERS);
  readonly #timesMs = new Observations(TIMES_MS);
  #uncertain = 0;

  @OnEvent(ORDERS_TRANSITIONED)
  onOrdersTransitioned({ transitions, commitMs }: OrdersTransitioned): void {
    this.#orders.add(transitions.length);
    this.#timesMs.add(commitMs);
  }

  @OnEvent(ORDERS_UNCERTAIN)
  onOrdersUncertain(): void {
    this.#uncertain++;
  }

  families(): MetricFamily[] {
    return [
      histogram(
        'ordermill_process_commit_orders',
        'Orders that one commit of this process accepted or moved.',
        this.#orders,
      ),
      histogram(
        'ordermill_process_commit_duration_seconds',
        'How long a commit of this process took, with its statements and the wait for a connection.',
        this.#timesMs,
        1000,
      ),
      counter(
        'ordermill_process_commits_failed_total',
        'Commits of this process that failed; what they held was tried again or refused with 503.',
        this.#uncertain,
      ),
    ];
  }
}
