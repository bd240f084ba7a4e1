import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Clock } from '../common/clock.js';
import { isLoopback } from '../common/loopback.js';
import { CONFIG, type Config } from '../config.js';
import { READER } from '../database/sources/reading.data.source.js';
import { SCOPES, type Scope } from '../http/access/scopes.js';
import { BEARER, hashOf, idOf, isTokenOf, type ApiKey } from './api.key.js';
import { ApiKeyEntity } from './api-key.entity.js';

/** How often the keys are read. */
const READ_MS = 300;

/** Keys that were read longer ago are read again before a request is judged: a revoked key is refused after a second. */
const STALE_MS = 800;

/**
 * The API keys as this process knows them: those of the table, never older than STALE_MS, and those of the configuration.
 * A server without any key is open when it can be reached from this machine only, or ALLOW_OPEN says so.
 */
@Injectable()
export class KeyRing implements OnModuleInit, OnApplicationShutdown {
  /** They cannot be revoked, so they hold while the database is away. */
  readonly #configured: ReadonlyMap<string, ApiKey>;
  readonly #mayBeOpen: boolean;
  #stored: ReadonlyMap<string, ApiKey> = new Map();
  /** Whether no key was ever made: one that was revoked keeps the server closed. */
  #isEmpty = true;
  /** When the last read began, on the monotonic clock. */
  #readMs = -Infinity;
  #reading: Promise<void> | undefined;
  #stop: () => void = () => undefined;
  #onRead: () => void = () => undefined;

  constructor(
    @InjectRepository(ApiKeyEntity, READER) private readonly rows: Repository<ApiKeyEntity>,
    private readonly clock: Clock,
    @Inject(CONFIG) { HOST, ALLOW_OPEN, API_KEYS }: Pick<Config, 'HOST' | 'ALLOW_OPEN' | 'API_KEYS'>,
  ) {
    this.#mayBeOpen = ALLOW_OPEN === 'true' || isLoopback(HOST);
    this.#configured = byId(API_KEYS.split(',').filter(Boolean).map(configuredKey));
  }

  /** @throws Error when the server would be open to other machines */
  async onModuleInit(): Promise<void> {
    await this.read();
    if (this.#isEmpty && !this.#mayBeOpen)
      throw new Error(
        'HOST can be reached from other machines, and there is no API key: make one (npm run keys -- create), or set ALLOW_OPEN=true',
      );
    this.#stop = this.clock.every(READ_MS, () => void this.read().catch(() => undefined)); // requests read again, and are told
  }

  onApplicationShutdown(): void {
    this.#stop();
  }

  /** Whether everybody may do everything. */
  get isOpen(): boolean {
    return this.#isEmpty && this.#mayBeOpen;
  }

  /** `listener` is called after each read. */
  onRead(listener: () => void): void {
    this.#onRead = listener;
  }

  /**
   * The key of an `Authorization` header; undefined: it has no valid one. A promise only when the keys must be read first.
   * @throws DatabaseUnavailable when they cannot be: the key may have been revoked
   */
  find(authorization: string): ApiKey | undefined | Promise<ApiKey | undefined> {
    const [, token, id] = BEARER.exec(authorization) ?? [];
    if (token === undefined || id === undefined) return undefined;
    if (this.#configured.has(id)) return this.#find(this.#configured, id, token);
    const isFresh = this.clock.monotonicMs() - this.#readMs < STALE_MS;
    return isFresh
      ? this.#find(this.#stored, id, token)
      : this.read().then(() => this.#find(this.#stored, id, token));
  }

  /** Whether a key that was found is still one. */
  isValid(key: ApiKey): boolean {
    const known = this.#configured.get(key.id) ?? this.#stored.get(key.id);
    return known?.hash.equals(key.hash) === true && !this.#hasEnded(known);
  }

  /** Reads the keys; one read at a time. @throws DatabaseUnavailable */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  #find(keys: ReadonlyMap<string, ApiKey>, id: string, token: string): ApiKey | undefined {
    const key = keys.get(id);
    return key && isTokenOf(key, token) && !this.#hasEnded(key) ? key : undefined;
  }

  #hasEnded({ expiresAt }: ApiKey): boolean {
    return expiresAt !== null && expiresAt <= this.clock.now();
  }

  async #read(): Promise<void> {
    const beganMs = this.clock.monotonicMs();
    const rows = await this.rows.find();
    const live = rows.filter(({ revokedAt }) => revokedAt === null).map(toKey);
    this.#stored = byId(live);
    this.#isEmpty = rows.length === 0 && this.#configured.size === 0;
    this.#readMs = beganMs;
    this.#onRead();
  }
}

function toKey({ id, hash, scopes, expiresAt }: ApiKeyEntity): ApiKey {
  return {
    id,
    hash: Buffer.from(hash, 'latin1'),
    scopes: new Set(scopes.split(' ') as Scope[]), // written by `npm run keys` only
    expiresAt: expiresAt === null ? null : Number(expiresAt),
  };
}

/** `scope+scope@token`, or the token alone: then it has every scope. */
function configuredKey(text: string): ApiKey {
  const [token = '', scopes = SCOPES.join('+')] = text.split('@').toReversed();
  return {
    id: idOf(token),
    hash: Buffer.from(hashOf(token), 'latin1'),
    scopes: new Set(scopes.split('+') as Scope[]), // the configuration is checked
    expiresAt: null,
  };
}

function byId(keys: ApiKey[]): ReadonlyMap<string, ApiKey> {
  return new Map(keys.map((key) => [key.id, key]));
}
