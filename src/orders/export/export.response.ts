import { once } from 'node:events';
import type { Response } from 'express';
import type { Clock } from '../../common/clock.js';
import type { Order } from '../../domain/order.js';
import { toOrderDto } from '../dto/order.dto.js';
import type { ExportFormat } from './export.format.js';

/** The answer to one client that is sent orders, page by page: the next when it has read the one before. */
export class ExportResponse {
  constructor(
    private readonly response: Response,
    private readonly format: ExportFormat,
  ) {}

  get isOpen(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  get hasBegun(): boolean {
    return this.response.headersSent;
  }

  begin(): void {
    const { contentType, header } = this.format;
    this.response.writeHead(200, {
      'content-type': contentType,
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no', // nginx would write all of it to its disk
    });
    if (header) this.response.write(header);
  }

  write(orders: Order[]): void {
    const text = orders.map((order) => this.format.toLine(toOrderDto(order))).join('');
    if (text && this.isOpen) this.response.write(text);
  }

  /** Resolves when the client has read what it was sent, or is gone. One that takes longer than `mostMs` is disconnected. */
  async drained(clock: Clock, mostMs: number): Promise<void> {
    if (!this.isOpen || !this.response.writableNeedDrain) return;
    const waiting = new AbortController();
    const cancel = clock.timer(mostMs, () => this.cut());
    const events = ['drain', 'close'].map((event) =>
      once(this.response, event, { signal: waiting.signal }).catch(() => undefined),
    );
    await Promise.race(events);
    cancel();
    waiting.abort();
  }

  /** All orders were sent. */
  end(): void {
    this.response.end();
  }

  /** Not all of them were: without the last chunk the client sees that. */
  cut(): void {
    this.response.destroy();
  }
}
