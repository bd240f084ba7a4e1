import type { Database, Query } from '../database/database.js';
import { ordersSql } from '../orders/store/sql/dialects.js';
import { HISTORY, KEYS, ORDERS, type CopiedTable } from './columns.js';
import { isEqual, ranges, readChunk, type Chunk, type Range, type Rows } from './chunk.js';
import type { Progress } from './progress.js';
import { Recount } from './recount.js';
import { Refused, refuseForeign } from './refusal.js';
import { readDeletions, withDeleted, writePosition } from './deletions.js';
import { copySql } from './sql/dialects.js';

/** Transactions under way at once on a server: while it writes one chunk, the next is read. */
const WORKERS = 3;

/** An order may have a long history; a statement should not. */
const ROWS_PER_STATEMENT = 5000;

/** A unique index, or a primary key. */
const TAKEN = /^(23505|ER_DUP_ENTRY|SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY))$/;

export interface Copied {
  /** Orders of chunks that were written, and of those that were equal already. */
  written: number;
  equal: number;
}

/**
 * Makes the target's orders, history, keys, counters and numbers those of the source. Chunk by chunk: what is equal stays, what
 * is not is replaced in one transaction. So it may be cut off at any instant, and goes on when it is called again.
 * @throws Refused when the target is no copy of the source; nothing that it has by itself was overwritten
 */
export async function copyOrders(
  source: Database,
  target: Database,
  chunkSize: number,
  progress: Progress,
): Promise<Copied> {
  const copied = { written: 0, equal: 0 };
  const recount = new Recount();
  const next = ranges(source, chunkSize);
  const worker = async () => {
    for await (const range of shared(next)) {
      const [is, shouldBe] = await Promise.all([readChunk(target, range), readChunk(source, range)]);
      const orders = shouldBe.orders.rows.length;
      recount.add(shouldBe);
      if (isEqual(is, shouldBe)) copied.equal += orders;
      else {
        refuseForeign(shouldBe, is);
        await replace(target, range, is, shouldBe);
        copied.written += orders;
      }
      progress.add(orders);
    }
  };
  await all(Array.from({ length: target.isShared ? WORKERS : 1 }, worker), () => next.return(undefined));
  await finish(source, target, recount);
  return copied;
}

/** In one transaction, which leaves the chunk as it was, or as it should be. */
async function replace(target: Database, range: Range, is: Chunk, shouldBe: Chunk): Promise<void> {
  const sql = copySql(target);
  const bounds = [range.after, range.last];
  try {
    await target.transaction(async (query) => {
      if (is.history.rows.length > 0)
        await query('DELETE FROM order_history WHERE order_seq > ? AND order_seq <= ?', bounds);
      if (is.keys.rows.length > 0)
        await query('DELETE FROM order_keys WHERE order_seq > ? AND order_seq <= ?', bounds);
      if (is.orders.rows.length > 0) await query('DELETE FROM orders WHERE seq > ? AND seq <= ?', bounds);
      await insert(query, ORDERS, shouldBe.orders);
      await insert(query, HISTORY, shouldBe.history);
      await insert(query, KEYS, shouldBe.keys);
    });
  } catch (error) {
    if (!TAKEN.test(String((error as { code?: unknown }).code))) throw error;
    throw new Refused(
      `The target holds orders between number ${range.after + 1} and ${range.last} of the source under other numbers, so it is no copy of it. Copy into an empty database.`,
      { cause: error },
    );
  }

  async function insert(query: Query, table: CopiedTable, { rows, text }: Rows): Promise<void> {
    for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
      const part = rows.slice(start, start + ROWS_PER_STATEMENT);
      const partText = part.length === rows.length ? text : JSON.stringify(part);
      await sql.insert(query, table, part, partText);
    }
  }
}

/** The counters are counted anew rather than copied, so that they agree with the rows whatever the source did meanwhile. */
async function finish(source: Database, target: Database, recount: Recount): Promise<void> {
  const [from, to] = [copySql(source), copySql(target)];
  const last = Math.max(recount.lastNumber, await from.lastNumber(), await to.lastNumber());
  const deletions = await readDeletions(source);
  await target.transaction(async (query) => {
    await query('DELETE FROM order_counters');
    await ordersSql(target).addToCounters(query, withDeleted(recount.counters, deletions.counted));
    await writePosition(query, deletions.position, () => to.continueAfter(query, last));
  });
}

/** A generator that several loops share: one that ends early does not end it for the others. */
async function* shared<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  for (let next = await items.next(); !next.done; next = await items.next()) yield next.value;
}

/** Waits for all, also when one fails: `stop` tells the others. @throws what the first one threw */
async function all(work: Promise<void>[], stop: () => unknown): Promise<void> {
  const errors: unknown[] = [];
  await Promise.all(
    work.map((one) =>
      one.catch((error: unknown) => {
        errors.push(error);
        return stop();
      }),
    ),
  );
  if (errors.length > 0) throw errors[0];
}
