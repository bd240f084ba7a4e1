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

/** Renewals in the time of one lease, so that one or two late ones do no harm. */
const RENEWALS = 3;

/**
 * Renews the leases of this process's attempts on a server, where other processes recover orders whose lease has expired.
 * Goes on during a stop, until the last attempt has ended.
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
      this.#logger.warn(`leases not renewed yet, retrying: ${String(error)}`);
    }
  }
}
