import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../config.js';
import { Clock } from './clock.js';

/**
 * Whether the server is shutting down. `onModuleDestroy` is the first hook of a shutdown; for SHUTDOWN_DELAY_MS after it
 * HTTP still answers, but readiness says no. A proxy that asks sends its requests elsewhere in that time, and none of them
 * meets a closed port.
 */
@Injectable()
export class Lifecycle implements OnModuleDestroy, BeforeApplicationShutdown {
  #isStopping = false;
  #delay: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'SHUTDOWN_DELAY_MS'>,
    private readonly clock: Clock,
  ) {}

  get isStopping(): boolean {
    return this.#isStopping;
  }

  onModuleDestroy(): void {
    this.#isStopping = true;
    if (this.config.SHUTDOWN_DELAY_MS > 0) this.#delay = this.clock.wait(this.config.SHUTDOWN_DELAY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#delay;
  }
}
