import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Database } from '../database/database.js';
import { ordersSql } from '../orders/store/sql/dialects.js';
import { ENTRY, ORDER } from './columns.js';
import type { Chunk } from './chunk.js';
import { copySql } from './sql/dialects.js';

/** The copy is not made, or not finished, for a reason that a person must look at. */
export class Refused extends Error {}

const NOT_A_COPY = 'so it is no copy of the source, and is left as it is. Copy into an empty database.';

/** @throws Refused unless there is a source, and the target is another file. Before either is opened: that would make it. */
export function refuseFiles(from: string, to: string): void {
  const source = fileOf(from);
  if (source && !existsSync(source)) throw new Refused(`There is no file ${source}.`);
  if (source && source === fileOf(to)) throw new Refused('--from and --to are the same database.');
}

/** @throws Refused when both are one database of one server */
export async function refuseSame(source: Database, target: Database): Promise<void> {
  if (await copySql(source).isSameAs(target)) throw new Refused('--from and --to are the same database.');
}

const LAST = `
  SELECT (SELECT COALESCE(MAX(seq), 0) FROM orders) AS seq, (SELECT COALESCE(MAX(id), 0) FROM order_history) AS id`;

/**
 * A target on which orders were accepted or processed after they were copied has greater numbers than its source.
 * @throws Refused then, before anything is written
 */
export async function refuseAhead(source: Database, target: Database): Promise<void> {
  const [has] = await target.read<{ seq: number; id: number }>(LAST); // first, because the source may go on meanwhile
  const [had] = await source.read<{ seq: number; id: number }>(LAST);
  if (Number(has?.seq) > Number(had?.seq))
    throw new Refused(
      `The target holds orders up to number ${has?.seq}, and the source up to ${had?.seq}, ${NOT_A_COPY}`,
    );
  if (Number(has?.id) > Number(had?.id))
    throw new Refused(`The target has processed orders since they were copied, ${NOT_A_COPY}`);
}

/** @throws Refused when the target's chunk holds an order, or a step or key of one, that the source's does not */
export function refuseForeign(source: Chunk, target: Chunk): void {
  const idBySeq = new Map(source.orders.rows.map((row) => [row[ORDER.seq], row[ORDER.orderId]]));
  const order = target.orders.rows.find((row) => idBySeq.get(row[ORDER.seq]) !== row[ORDER.orderId]);
  if (order)
    throw new Refused(
      `The target holds an order ${order[ORDER.orderId]} at number ${order[ORDER.seq]}, and the source does not, ${NOT_A_COPY}`,
    );
  const orderById = new Map(source.history.rows.map((row) => [row[ENTRY.id], row[ENTRY.orderSeq]]));
  const entry = target.history.rows.find((row) => orderById.get(row[ENTRY.id]) !== row[ENTRY.orderSeq]);
  if (entry)
    throw new Refused(
      `The target's order number ${entry[ENTRY.orderSeq]} went ${entry[ENTRY.toStatus]} there and not in the source, ${NOT_A_COPY}`,
    );
  const keys = new Set(source.keys.rows.map(([key]) => key));
  const key = target.keys.rows.find(([one]) => !keys.has(one ?? null));
  if (key)
    throw new Refused(
      `The target's order number ${key[1]} was asked for with a key there and not in the source, ${NOT_A_COPY}`,
    );
}

/** @throws Refused while a process has orders of the source in work. A file is held by us: nobody has. */
export async function refuseRunning(source: Database): Promise<void> {
  if (!source.isShared) return;
  const [row] = await source.read<{ running: number }>(
    `SELECT COUNT(*) AS running FROM orders WHERE status = 'Processing' AND lease_until >= ${ordersSql(source).now}`,
  );
  if (Number(row?.running) > 0)
    throw new Refused(
      `Processes are still running on the source: ${row?.running} orders are in work there. Stop them all, and run this again: it copies what has changed.`,
    );
}

function fileOf(url: string): string | undefined {
  if (!url.startsWith('sqlite:')) return undefined;
  const file = resolve(url.slice('sqlite:'.length));
  return existsSync(file) ? realpathSync(file) : file;
}
