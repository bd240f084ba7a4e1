import type { TestingModuleBuilder } from '@nestjs/testing';
import { Clock } from '../../src/common/clock.js';
import { OrderHandler, type OrderToProcess } from '../../src/processing/order.handler.js';

type Handle = (order: OrderToProcess, signal: AbortSignal) => Promise<void>;

/** Work that a test decides on; it notes every attempt that was started, in order. */
export class TestWork extends OrderHandler {
  readonly started: { orderId: string; attempt: number }[] = [];

  constructor(private readonly work: Handle) {
    super();
  }

  handle(order: OrderToProcess, signal: AbortSignal): Promise<void> {
    this.started.push({ orderId: order.orderId, attempt: order.attempt });
    return this.work(order, signal);
  }

  attemptsOf(orderId: string): number {
    return this.started.filter((start) => start.orderId === orderId).length;
  }
}

/** Work that is not done before `release`. */
export class HeldWork extends TestWork {
  readonly #gate: PromiseWithResolvers<void>;

  constructor() {
    const gate = Promise.withResolvers<void>();
    super(() => gate.promise);
    this.#gate = gate;
  }

  release(): void {
    this.#gate.resolve();
  }
}

/** A clock that stands still until it is moved. */
export class HeldClock extends Clock {
  at = Date.UTC(2030, 0, 1);

  override now(): number {
    return this.at;
  }

  override monotonicMs(): number {
    return this.at;
  }
}

/** For `startApp`: the application with this work, and this clock. */
export function having(work?: OrderHandler, clock?: Clock) {
  return (builder: TestingModuleBuilder): TestingModuleBuilder => {
    if (work) builder.overrideProvider(OrderHandler).useValue(work);
    if (clock) builder.overrideProvider(Clock).useValue(clock);
    return builder;
  };
}
