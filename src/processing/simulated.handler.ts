import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config.js';
import { OrderHandler, type OrderToProcess } from './order.handler.js';

/** A stand-in for real work: waits `PROCESSING_TIME_MS`. */
@Injectable()
export class SimulatedHandler extends OrderHandler {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
  ) {
    super();
  }

  async handle(_order: OrderToProcess, signal: AbortSignal): Promise<void> {
    if (this.config.PROCESSING_TIME_MS > 0) await this.clock.wait(this.config.PROCESSING_TIME_MS, signal);
  }
}
