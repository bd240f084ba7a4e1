import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config.js';
import { OrderHandler, type OrderToProcess } from './order.handler.js';

/** Stands for real work: waits `PROCESSING_TIME_MS`. */
@Injectable()
export class SimulatedHandler extends OrderHandler {
  constructor(@Inject(CONFIG) private readonly config: Config) {
    super();
  }

  async handle(_order: OrderToProcess, signal: AbortSignal): Promise<void> {
    if (this.config.PROCESSING_TIME_MS > 0) await wait(this.config.PROCESSING_TIME_MS, undefined, { signal });
  }
}
