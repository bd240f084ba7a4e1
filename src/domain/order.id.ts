import { randomFillSync } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

const BYTES = 16;

// Random bytes for many ids are drawn at once: to draw them for each would cost more than the rest of the id.
const pool = new Uint8Array(256 * BYTES);
let used = pool.length;

/** A new id for an order: a UUIDv7 (RFC 9562), whose first bits are the instant. `now` in milliseconds since 1970. */
export function newOrderId(now: number): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return uuidv7({ msecs: now, random: pool.subarray(used, (used += BYTES)) });
}
