import { randomInt } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Database } from '../database/database.js';
import { ordersSql } from '../orders/sql/orders.sql.js';
import { ENTRY, ORDER } from './columns.js';
import type { Chunk } from './chunk.js';
import { copySql } from './sql/copy.sql.js';

/** The copy is not made, or not finished, for a reason that a person must look at. */
export class Refused extends Error {}

const NOT_A_COPY = 'so it is no copy of the source, and is left as it is. Copy into an empty database.';

/** @throws Refused unless there is a source, and the target is another file. Before either is opened: that would make it. */
export function refuseFiles(from: string, to: string): void {
  const source = fileOf(from);
  if (source && !existsSync(source)) throw new Refused(`There is no file ${source}.`);
  if (source && source === fileOf(to)) throw new Refused('--from and --to are the same database.');
}

/** @throws Refused when both are one database of one server, under whatever names: a lock in one is seen in the other */
export async function refuseSame(source: Database, target: Database): Promise<void> {
  const { hold, isFree } = copySql(source.dialect);
  if (source.dialect !== target.dialect || !hold || !isFree) return;
  const key = randomInt(2 ** 47);
  await source.transaction(async (query) => {
    await query(hold, [key]);
    const [row] = await target.read<{ free: number }>(isFree, [key]);
    if (!Number(row?.free)) throw new Refused('--from and --to are the same database.');
  });
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
  const idBySeq = new Map(source.orders.rows.map((row) => [row[ORDER.seq], row[ORDER.order_id]]));
  const order = target.orders.rows.find((row) => idBySeq.get(row[ORDER.seq]) !== row[ORDER.order_id]);
  if (order)
    throw new Refused(
      `The target holds an order ${order[ORDER.order_id]} at number ${order[ORDER.seq]}, and the source does not, ${NOT_A_COPY}`,
    );
  const orderById = new Map(source.history.rows.map((row) => [row[ENTRY.id], row[ENTRY.order_seq]]));
  const entry = target.history.rows.find((row) => orderById.get(row[ENTRY.id]) !== row[ENTRY.order_seq]);
  if (entry)
    throw new Refused(
      `The target's order number ${entry[ENTRY.order_seq]} went ${entry[ENTRY.to_status]} there and not in the source, ${NOT_A_COPY}`,
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
    `SELECT COUNT(*) AS running FROM orders WHERE status = 'Processing' AND lease_until >= ${ordersSql(source.dialect).now}`,
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
