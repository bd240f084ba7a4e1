import { OrderHandler, type OrderToProcess } from '../../src/processing/order.handler.js';
import type { AppOptions } from './app.js';

type Work = (order: OrderToProcess, signal: AbortSignal) => unknown;

/** For `startApp`: the application with this as its work. */
export function withWork(work: Work): Required<Pick<AppOptions, 'override'>> {
  const handler = {
    handle: async (order: OrderToProcess, signal: AbortSignal) => void (await work(order, signal)),
  };
  return { override: (builder) => builder.overrideProvider(OrderHandler).useValue(handler) };
}

/** Work that goes on until the test lets it end. Open it before the application is closed. */
export class Gate {
  /** Ids of the orders whose work began, in that order. */
  readonly started: string[] = [];
  /** The most orders that were worked on at one time. */
  most = 0;
  #inside = 0;
  readonly #opened = Promise.withResolvers<void>();

  readonly work = async ({ orderId }: OrderToProcess): Promise<void> => {
    this.started.push(orderId);
    this.most = Math.max(this.most, ++this.#inside);
    await this.#opened.promise;
    this.#inside--;
  };

  /** Everything that waits and everything that comes goes through. */
  open(): void {
    this.#opened.resolve();
  }
}
