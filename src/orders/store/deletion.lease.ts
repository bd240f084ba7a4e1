import { Injectable } from '@nestjs/common';
import { Random } from '../../common/random.js';
import { OrdersSql } from './sql/orders.sql.js';

/** How long a silent process keeps the others from deleting. In milliseconds. */
const LEASE_MS = 30_000;

/** Lets one process at a time delete orders, by the database's clock. A file has one process. */
@Injectable()
export class DeletionLease {
  /** Identifies this process. */
  readonly owner: string;
  readonly #claim: string;
  #isHeld = false;

  constructor(
    private readonly sql: OrdersSql,
    random: Random,
  ) {
    this.owner = random.uuid();
    const isFree = sql.database.isShared
      ? `(owner = ? OR owner IS NULL OR lease_until < ${sql.now})`
      : '? IS NOT NULL';
    this.#claim = `UPDATE order_deletions SET owner = ?, lease_until = ${sql.now} + ? WHERE id = 0 AND ${isFree}`;
  }

  /** Takes or renews the lease. @returns whether this process has it. @throws DatabaseUnavailable */
  async claim(): Promise<boolean> {
    const { isShared, read, write } = this.sql.database;
    if (this.#isHeld && !isShared) return true;
    await write(this.#claim, [this.owner, LEASE_MS, this.owner]);
    const [row] = await read<{ owner: string }>('SELECT owner FROM order_deletions WHERE id = 0');
    this.#isHeld = row?.owner === this.owner;
    return this.#isHeld;
  }

  /** Another process may go on at once. @throws DatabaseUnavailable */
  async release(): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    const release = 'UPDATE order_deletions SET owner = NULL, lease_until = NULL WHERE id = 0 AND owner = ?';
    await this.sql.database.write(release, [this.owner]);
  }
}
