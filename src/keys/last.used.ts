import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';

/** How often it is written: requests write nothing. */
const WRITE_MS = 60_000;

/** When each API key was last used. */
@Injectable()
export class LastUsed implements OnModuleInit, BeforeApplicationShutdown {
  /** Since the last write, by the id of the key. */
  #used = new Map<string, number>();
  #stop: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.#stop = this.clock.every(WRITE_MS, () => void this.write());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stop();
    await this.write();
  }

  note(id: string): void {
    this.#used.set(id, this.clock.now());
  }

  /** What cannot be written is lost: it is no more than a hint. */
  async write(): Promise<void> {
    const used = this.#used;
    this.#used = new Map();
    for (const [id, at] of used)
      await this.database
        .write(
          'UPDATE api_keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)',
          [at, id, at],
        )
        .catch(() => []);
  }
}
