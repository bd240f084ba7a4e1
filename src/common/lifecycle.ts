import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../config.js';
import { Clock } from './clock.js';

/**
 * Whether the server is on its way out. `onModuleDestroy` is the first hook of a shutdown, while HTTP still answers, and
 * goes on to for SHUTDOWN_DELAY_MS: a proxy that asks whether it is ready has sent its requests elsewhere by then, and
 * none of them meets a closed port or a closed connection.
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
