import { timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import ipaddr from 'ipaddr.js';
import type { Repository } from 'typeorm';
import { Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config.js';
import { READER } from '../database/sources/reading.data.source.js';
import { SCOPES, type Scope } from '../http/access/scopes.js';
import { hashOf, idOf, type ApiKey } from './api.key.js';
import { ApiKeyEntity } from './api-key.entity.js';

/** How often the keys are read. */
const READ_MS = 400;

/** Keys that were read longer ago are read again before a request is judged: a revoked key is refused after a second. */
const STALE_MS = 800;

const BEARER = /^Bearer +([\w-]+) *$/i;

/**
 * The API keys as this process knows them: those of the table, never older than STALE_MS, and those of the configuration.
 * A server without any key is open when it can be reached from this machine only, or ALLOW_OPEN says so.
 */
@Injectable()
export class KeyRing implements OnModuleInit, OnApplicationShutdown {
  readonly #configured: readonly ApiKey[];
  readonly #mayBeOpen: boolean;
  #keys = new Map<string, ApiKey>();
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
    this.#configured = API_KEYS.split(',').filter(Boolean).map(configuredKey);
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

  /** Whether keys can be looked up without `read`. */
  get isFresh(): boolean {
    return this.#isEmpty || this.clock.monotonicMs() - this.#readMs < STALE_MS;
  }

  /** `listener` is called after each read. */
  onRead(listener: () => void): void {
    this.#onRead = listener;
  }

  /** The key of an `Authorization` header; undefined: it has no valid one. In constant time for each id. */
  find(authorization: string): ApiKey | undefined {
    const token = BEARER.exec(authorization)?.[1] ?? '';
    const key = this.#keys.get(idOf(token) ?? '');
    return key && timingSafeEqual(hashOf(token), key.hash) && this.isValid(key) ? key : undefined;
  }

  /** Whether a key that was found is still one. */
  isValid(key: ApiKey): boolean {
    return this.#keys.get(key.id)?.hash.equals(key.hash) === true && !hasEnded(key, this.clock.now());
  }

  /** Reads the keys; one read at a time. @throws DatabaseUnavailable */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    const beganMs = this.clock.monotonicMs();
    const rows = await this.rows.find();
    const live = rows.filter(({ revokedAt }) => revokedAt === null).map(toKey);
    this.#keys = new Map([...live, ...this.#configured].map((key) => [key.id, key]));
    this.#isEmpty = rows.length === 0 && this.#configured.length === 0;
    this.#readMs = beganMs;
    this.#onRead();
  }
}

function toKey({ id, hash, scopes, expiresAt }: ApiKeyEntity): ApiKey {
  return {
    id,
    hash: Buffer.from(hash, 'hex'),
    scopes: new Set(scopes.split(' ') as Scope[]), // written by `npm run keys` only
    expiresAt: expiresAt === null ? null : Number(expiresAt),
  };
}

function configuredKey(token: string): ApiKey {
  return { id: idOf(token) ?? '', hash: hashOf(token), scopes: new Set(SCOPES), expiresAt: null };
}

function hasEnded({ expiresAt }: ApiKey, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || (isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback');
}
