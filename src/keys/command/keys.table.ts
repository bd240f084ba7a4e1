import { setTimeout as wait } from 'node:timers/promises';
import { DataSource, IsNull, type Repository } from 'typeorm';
import { databaseOptions } from '../../database/database.options.js';
import { openDatabase } from '../../database/open.database.js';
import type { Scope } from '../../http/access/scopes.js';
import { ApiKeyEntity } from '../api-key.entity.js';
import { hashOf, newToken } from '../api.key.js';
import { Refused } from './options.js';

/** Every process reads all keys each second. */
const MOST_KEYS = 1000;

/** A server that writes to the SQLite file is waited for. */
const BUSY_TIMEOUT_MS = 5000;

/** How long it takes until every process refuses a key that was revoked. */
const SETTLED_MS = 1000;

/** The table of API keys, over a connection of its own: beside the servers that run. */
export class KeysTable implements AsyncDisposable {
  private constructor(
    private readonly source: DataSource,
    private readonly keys: Repository<ApiKeyEntity>,
  ) {}

  /** Makes the tables where there are none. */
  static async open(url: string): Promise<KeysTable> {
    const source = new DataSource({ ...databaseOptions(url), entities: [ApiKeyEntity] });
    await source.initialize();
    if (await source.showMigrations()) {
      await source.destroy();
      await (await openDatabase(url)).onApplicationShutdown();
      await source.initialize();
    }
    if (source.options.type === 'better-sqlite3')
      await source.query(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return new KeysTable(source, source.getRepository(ApiKeyEntity));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.destroy();
  }

  /** In the order in which they were made. */
  list(): Promise<ApiKeyEntity[]> {
    return this.keys.find({ order: { createdAt: 'ASC', id: 'ASC' } });
  }

  /** @returns the token, which is kept nowhere */
  async create(name: string, scopes: Scope[], expiresAt: number | null): Promise<string> {
    return this.#insert({ name, scopes: scopes.join(' '), expiresAt });
  }

  /** Another key with the name and the scopes of this one, which ends after `overlapMs`, or when it would anyway. */
  async rotate(id: string, overlapMs: number): Promise<string> {
    const old = await this.#live(id);
    const token = await this.#insert({ name: old.name, scopes: old.scopes, expiresAt: null });
    const end = Date.now() + overlapMs;
    const isSooner = old.expiresAt !== null && Number(old.expiresAt) < end;
    if (!isSooner) await this.keys.update({ id, revokedAt: IsNull() }, { expiresAt: end });
    return token;
  }

  /** Resolves when every process refuses it. */
  async revoke(id: string): Promise<void> {
    await this.#live(id);
    await this.keys.update({ id }, { revokedAt: Date.now() });
    await wait(SETTLED_MS);
  }

  /** @returns how many */
  async purge(): Promise<number> {
    const now = Date.now();
    const ended = (await this.list()).filter(
      ({ revokedAt, expiresAt }) => revokedAt !== null || (expiresAt !== null && Number(expiresAt) <= now),
    );
    if (ended.length > 0) await this.keys.delete(ended.map(({ id }) => id));
    return ended.length;
  }

  async #insert(content: Pick<ApiKeyEntity, 'name' | 'scopes' | 'expiresAt'>): Promise<string> {
    if ((await this.keys.countBy({ revokedAt: IsNull() })) >= MOST_KEYS)
      throw new Refused(`there are ${MOST_KEYS} keys already, and no more are allowed; revoke some`);
    const { id, token } = newToken();
    await this.keys.insert({ ...content, id, hash: hashOf(token), createdAt: Date.now() });
    return token;
  }

  async #live(id: string): Promise<ApiKeyEntity> {
    const row = await this.keys.findOneBy({ id });
    if (!row) throw new Refused(`there is no key ${id}`);
    if (row.revokedAt !== null) throw new Refused(`the key ${id} is revoked already`);
    return row;
  }
}
