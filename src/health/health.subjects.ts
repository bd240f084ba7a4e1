import { Inject, Injectable } from '@nestjs/common';
import { Lifecycle } from '../common/lifecycle.js';
import { Probes } from '../common/probes.js';
import { CONFIG, type Config } from '../config.js';
import { Database } from '../database/database.js';

/** What a process needs. */
export const CHECKS = ['process', 'database', 'migrations', 'disk', 'queue'] as const;

export type CheckName = (typeof CHECKS)[number];

/** How each is asked: an error says that it is down. */
@Injectable()
export class HealthSubjects implements Record<CheckName, () => void | Promise<void>> {
  constructor(
    private readonly db: Database,
    private readonly lifecycle: Lifecycle,
    private readonly probes: Probes,
    @Inject(CONFIG) private readonly config: Pick<Config, 'DISK_MIN_FREE_BYTES'>,
  ) {}

  process(): void {
    if (this.lifecycle.isStopping) throw new Error('stopping');
  }

  /** By the way that new orders take. */
  database(): Promise<void> {
    return this.db.ping();
  }

  /** None is pending: an older backup may have been put back under a process that runs. */
  async migrations(): Promise<void> {
    if ((await this.db.pendingMigrations()) > 0) throw new Error('pending');
  }

  /** Of the volume with the SQLite file: on a full one new orders fail. */
  async disk(): Promise<void> {
    const free = await this.db.freeBytes();
    if (free !== undefined && free < this.config.DISK_MIN_FREE_BYTES) throw new Error('nearly full');
  }

  queue(): void {
    if (!this.probes.isUp('queue')) throw new Error('away');
  }
}
