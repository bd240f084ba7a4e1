import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { contentText } from '../checks/promises.ts';
import { between, seededBy, type Random } from '../random.ts';

/** Of an order: nothing else tells a repeat from a contradiction. */
export interface Content {
  user_id: string;
  item_ids: string[];
  total_amount: number;
}

const LARGE = 0.03;
const MEDIUM = 0.1;

/** What 1,000 items of a large order have behind their names, so that the largest are of 64 KiB. */
const PADDING = 'x'.repeat(40);

/** The content of an order, always the same for its name; another `variant` of it contradicts the first. */
export function contentOf(name: string, variant: number): Content {
  const random = seededBy(name);
  const size = random();
  const items =
    size < LARGE
      ? between(random, 100, 1000)
      : size < LARGE + MEDIUM
        ? between(random, 4, 60)
        : between(random, 1, 3);
  const padding = size < LARGE ? PADDING : '';
  return {
    user_id: `user-${between(random, 1, 50)}`,
    item_ids: Array.from({ length: items }, (_, index) => `${name}-${index}${padding}`),
    total_amount: between(random, 0, 99_999) + variant / 100,
  };
}

/** As the checker compares it. */
export function textOf({ user_id, total_amount, item_ids }: Content): string {
  return contentText(user_id, Math.round(total_amount * 100), item_ids);
}

/** A JSON body and its headers; some are compressed. */
export async function encoded(body: object, random: Random) {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const json = JSON.stringify(body);
  if (random() > COMPRESSED) return { headers, body: json };
  return {
    headers: { ...headers, 'content-encoding': 'gzip' },
    body: (await promisify(gzip)(json)) as Uint8Array,
  };
}

const COMPRESSED = 0.05;
