import { createHash, type Hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../database/database.js';
import { readDeletions, withDeleted, type Deletions } from './deletions.js';
import { isEqual, ranges, readChunk, type Chunk, type Rows } from './chunk.js';
import type { Progress } from './progress.js';
import { Recount } from './recount.js';
import { copySql } from './sql/dialects.js';

/** One database: how many rows, and the SHA-256 over all of them, which depends neither on the chunks nor on the dialect. */
export interface Sum {
  orders: number;
  entries: number;
  sha256: string;
}

export interface Verdict {
  source: Sum;
  target: Sum;
  /** One line each; none when the target is as it should be. */
  problems: string[];
}

/** Different chunks that are named; the others are counted. */
const NAMED = 5;

/** Reads both databases, all of them. Changes nothing. */
export async function verify(
  source: Database,
  target: Database,
  chunkSize: number,
  progress: Progress,
): Promise<Verdict> {
  const [from, to] = [new Side(), new Side()];
  const different: string[] = []; // the first of them
  let differences = 0;
  for await (const range of ranges(source, chunkSize)) {
    const [shouldBe, is] = await Promise.all([readChunk(source, range), readChunk(target, range)]);
    from.add(shouldBe);
    to.add(is);
    if (!isEqual(shouldBe, is) && ++differences <= NAMED)
      different.push(`${range.after + 1} to ${range.last}`);
    progress.add(shouldBe.orders.rows.length);
  }
  const [sum, sumOfTarget] = [from.sum(), to.sum()];
  const problems = [
    ...(await problemsOfCounters(target, to.recount, await readDeletions(source))),
    ...(await problemsOfNumbers(source, target, to.recount.lastNumber)),
  ];
  if (differences > 0)
    problems.unshift(
      `${differences} chunks differ; orders number ${different.join(', ')}${differences > NAMED ? ', …' : ''}`,
    );
  if (!isDeepStrictEqual(sum, sumOfTarget)) problems.unshift('the checksums differ');
  return { source: sum, target: sumOfTarget, problems };
}

async function problemsOfNumbers(source: Database, target: Database, used: number): Promise<string[]> {
  const [last, given] = [
    await copySql(target).lastNumber(),
    Math.max(used, await copySql(source).lastNumber()),
  ];
  return last < given
    ? [`the target would give number ${last + 1} next, and ${given} was given already`]
    : [];
}

async function problemsOfCounters(
  { read }: Database,
  { counters: recounted }: Recount,
  { counted: deleted }: Deletions,
): Promise<string[]> {
  const counters = await read<{ name: string; value: number }>(
    `SELECT name, SUM(value) AS value FROM order_counters WHERE name <> 'last_seq' GROUP BY name`,
  );
  const kept = new Map(counters.map(({ name, value }) => [name, Number(value)]));
  const counted = new Map(withDeleted(recounted, deleted));
  return [...new Set([...kept.keys(), ...counted.keys()])]
    .filter((name) => (kept.get(name) ?? 0) !== (counted.get(name) ?? 0))
    .map(
      (name) =>
        `the target's counter ${name} is ${kept.get(name) ?? 0}, and a recount says ${counted.get(name) ?? 0}`,
    );
}

class Side {
  readonly recount = new Recount();
  readonly #orders = createHash('sha256');
  readonly #history = createHash('sha256');
  readonly #keys = createHash('sha256');

  add(chunk: Chunk): void {
    this.recount.add(chunk);
    update(this.#orders, chunk.orders);
    update(this.#history, chunk.history);
    update(this.#keys, chunk.keys);
  }

  sum(): Sum {
    const { orders, entries } = this.recount;
    const sha256 = createHash('sha256');
    for (const part of [this.#orders, this.#history, this.#keys]) sha256.update(part.digest());
    return { orders, entries, sha256: sha256.digest('hex') };
  }
}

/** The rows without the brackets around them, so that where a chunk ends leaves no trace. */
function update(hash: Hash, { rows, text }: Rows): void {
  if (rows.length > 0) hash.update(text.slice(1, -1)).update(',');
}
