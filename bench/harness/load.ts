import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Requests to put on a server: as many as it answers in `seconds`, or exactly `requests`. */
export interface Load {
  url: string;
  method?: 'GET' | 'POST';
  /** Asked for in turn. */
  paths?: string[];
  /** Each request has another number in the place of `NUMBER`. */
  body?: string;
  /** An API key to send with each. */
  key?: string;
  connections: number;
  seconds?: number;
  requests?: number;
}

export interface LoadReport {
  answered: number;
  /** What went wrong, in words; empty when nothing did. */
  failures: string;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** In a body: another number for each request. */
export const NUMBER = '{number}';

/** The body of `POST /orders`: without an id, so that each is a new order. */
export const ORDER = { user_id: 'user-1', item_ids: ['item-1', 'item-2'], total_amount: 29.99 };

let loader: ChildProcess | undefined;

/** @throws when a request failed: a figure over errors is none */
export async function load(load: Load): Promise<LoadReport> {
  loader ??= fork(fileURLToPath(new URL('./loader.ts', import.meta.url))).once('exit', (code) => {
    if (code !== 0) throw new Error('the load generator failed');
  });
  const answer = once(loader, 'message') as Promise<[LoadReport]>;
  loader.send(load);
  const [report] = await answer;
  if (report.failures) throw new Error(`requests to ${load.url} failed: ${report.failures}`);
  return report;
}

/** @param order with fields of its own, if any */
export function postOrders(
  url: string,
  amount: Pick<Load, 'seconds' | 'requests' | 'key'>,
  order: object = ORDER,
): Promise<LoadReport> {
  return load({
    url,
    method: 'POST',
    paths: ['/orders'],
    body: JSON.stringify(order),
    connections: 64,
    ...amount,
  });
}

export function endLoad(): void {
  loader?.disconnect();
}

const BATCH = 1000;

/** Posts orders a thousand at a time. @returns orders a second */
export async function postBatches(
  url: string,
  amount: { seconds: number } | { orders: number },
): Promise<number> {
  const body = JSON.stringify({ orders: Array.from({ length: BATCH }, () => ORDER) });
  const limit = 'orders' in amount ? { requests: amount.orders / BATCH } : amount;
  const report = await load({
    url,
    method: 'POST',
    paths: ['/orders/batch'],
    body,
    connections: 4,
    ...limit,
  });
  return report.perSecond * BATCH;
}
