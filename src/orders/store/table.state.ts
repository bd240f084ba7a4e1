import type { Clock } from '../../common/clock.js';
import type { Database } from '../../database/database.js';
import type { OrderTransition } from '../../domain/order.events.js';
import { STATUSES } from '../../domain/order.status.js';

/** How old the number of Pending orders may be while orders are accepted, where other processes change it too. */
const PENDING_AGE_MS = 1000;

/** And how old when it is the reason to refuse one: whoever comes after there is room again is not refused for long. */
const FULL_AGE_MS = 250;

/**
 * What is remembered of the table of orders from one commit to the next. A process that alone writes to the table knows it
 * exactly; where others write too, the number of Pending orders is read again when it is old.
 */
export class TableState {
  lastCreatedAt = 0;
  pending = 0;
  /** Orders that this process made Pending since the last read began: its answer may not know of them. */
  #added = 0;
  /** False after a commit whose outcome nobody knows. */
  #isKnown = false;
  #readMs = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** After a commit at `at`. */
  committed(transitions: OrderTransition[], at: number): void {
    this.lastCreatedAt = at;
    for (const { from, to } of transitions) {
      if (from && STATUSES[from].work === 'waiting') this.pending--;
      if (STATUSES[to].work !== 'waiting') continue;
      this.pending++;
      this.#added++;
    }
  }

  /** What is remembered may be wrong. */
  forget(): void {
    this.#isKnown = false;
  }

  /** Resolves when it is known; does not wait for a number that is merely old. @throws DatabaseUnavailable */
  async expectKnown(): Promise<void> {
    if (!this.#isKnown) await this.read();
    else if (this.#isOlderThan(PENDING_AGE_MS)) this.#readOnce().catch(() => this.forget());
  }

  /** For the one who finds the backlog full: resolves when `pending` is new enough to refuse by. @throws DatabaseUnavailable */
  async refreshPending(): Promise<void> {
    if (this.#isOlderThan(FULL_AGE_MS)) await this.#readOnce();
  }

  /** @throws DatabaseUnavailable */
  async read(): Promise<void> {
    this.#added = 0;
    const [waiting] = await this.database.read<{ value: number | null }>(
      `SELECT SUM(value) AS value FROM order_counters WHERE name = 'Pending'`,
    );
    const [newest] = await this.database.read<{ at: number }>(
      'SELECT created_at AS at FROM orders ORDER BY seq DESC LIMIT 1',
    );
    this.pending = Number(waiting?.value ?? 0) + this.#added; // rather too many than more than may be
    this.lastCreatedAt = Math.max(this.lastCreatedAt, Number(newest?.at ?? 0));
    this.#isKnown = true;
    this.#readMs = this.clock.monotonicMs();
  }

  #isOlderThan(ms: number): boolean {
    return this.database.isShared && this.clock.monotonicMs() - this.#readMs > ms;
  }

  #readOnce(): Promise<void> {
    this.#reading ??= this.read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }
}
