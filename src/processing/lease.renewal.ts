import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config.js';
import { Database } from '../database/database.js';
import { AttemptRunner } from './attempt.runner.js';

/** A lease is renewed this many times while it lasts, so that a late renewal or two cost nothing. */
const RENEWALS = 3;

/**
 * Keeps the attempts of this process its own on a server, where other processes take back what is not renewed; until the
 * last attempt of a stop has ended.
 */
@Injectable()
export class LeaseRenewal implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(LeaseRenewal.name);
  #stop = () => {};

  constructor(
    private readonly runner: AttemptRunner,
    private readonly database: Database,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'LEASE_MS'>,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.database.isShared) return;
    this.#stop = this.clock.every(this.config.LEASE_MS / RENEWALS, () => void this.#renew());
  }

  onApplicationShutdown(): void {
    this.#stop();
  }

  async #renew(): Promise<void> {
    try {
      await this.runner.renewLeases();
    } catch (error) {
      this.#logger.warn(`leases wait to be renewed: ${String(error)}`);
    }
  }
}
