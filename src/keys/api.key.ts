import { hash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import type { Scope } from '../http/access/scopes.js';

/** A key by which a client may call the API. */
export interface ApiKey {
  /** Public: it stands in lists and logs. */
  id: string;
  scopes: ReadonlySet<Scope>;
  /** SHA-256 of the token, in hexadecimal characters. Enough for 256 random bits, of which no dictionary exists. */
  hash: Buffer;
  /** From this instant on it is not valid; null: it has no end. */
  expiresAt: number | null;
}

/** A request after it was looked at for a key. */
export type KeyedRequest = Request & {
  /** The valid key that it came with. */
  apiKey?: ApiKey | undefined;
};

const ID_LENGTH = 8;
const ID_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz234567';

/** What a client sends: `om_`, the id, and 256 random bits in base64url. */
const TOKEN = /om_([a-z2-7]{8})_[\w-]{43}/;

/** An `Authorization` header with a token, and the id in it. */
export const BEARER = new RegExp(`^Bearer +(${TOKEN.source}) *$`, 'i');

export interface NewToken {
  id: string;
  token: string;
}

export function newToken(): NewToken {
  const id = Array.from({ length: ID_LENGTH }, () => ID_CHARACTERS[randomInt(ID_CHARACTERS.length)]).join('');
  return { id, token: `om_${id}_${randomBytes(32).toString('base64url')}` };
}

/** The public part of a token. */
export function idOf(token: string): string {
  return TOKEN.exec(token)?.[1] ?? '';
}

/** In hexadecimal. */
export function hashOf(token: string): string {
  return hash('sha256', token);
}

const HASH_LENGTH = 64;

/** What `isTokenOf` compares: one, because a new buffer for each request would cost more than the hash. */
const given = Buffer.alloc(HASH_LENGTH);

/** Compares in constant time. */
export function isTokenOf(key: ApiKey, token: string): boolean {
  given.write(hashOf(token), 'latin1');
  return timingSafeEqual(given, key.hash);
}
