import { hash, randomBytes, randomInt } from 'node:crypto';
import type { Request } from 'express';
import type { Scope } from '../http/access/scopes.js';

/** A key by which a client may call the API. */
export interface ApiKey {
  /** Public: it stands in lists and logs. */
  id: string;
  scopes: ReadonlySet<Scope>;
  /** SHA-256 of the token. Enough for 256 random bits, of which no dictionary exists. */
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
const TOKEN = /^om_([a-z2-7]{8})_[\w-]{43}$/;

export interface NewToken {
  id: string;
  token: string;
}

export function newToken(): NewToken {
  const id = Array.from({ length: ID_LENGTH }, () => ID_CHARACTERS[randomInt(ID_CHARACTERS.length)]).join('');
  return { id, token: `om_${id}_${randomBytes(32).toString('base64url')}` };
}

/** The public part of a token; undefined: it is none. */
export function idOf(token: string): string | undefined {
  return TOKEN.exec(token)?.[1];
}

export function hashOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
