import type { Benchmark, Series } from '../harness/benchmark.ts';
import { load, ORDER, type Load } from '../harness/load.ts';
import { BIG_USER, createOrders, SPACING_MS } from '../harness/orders.ts';
import { alternate } from '../harness/rounds.ts';
import { PAUSED, Server, temporaryFolder } from '../harness/server.ts';
import { median, ratio } from '../harness/statistics.ts';

const SIZES = [1000, 10_000, 100_000, 1_000_000];
const REQUESTS = 500;
const ROUNDS = 5;

/** They examine as many of a user's orders as a page may, which the smallest table does not have: the next one does. */
const EXAMINING = /^list by user.* status/;

/** The routes on a database of `orders` orders, each asked for as much of it, whatever its size. */
async function routes(server: Server, orders: number, start: number): Promise<Record<string, Partial<Load>>> {
  const instant = (share: number) => new Date(start + Math.round(orders * share) * SPACING_MS).toISOString();
  const anId = (_: unknown, index: number) => `/orders/order-${1 + Math.floor((orders * index) / 100)}`;
  const deep = (await server.get(`/orders?limit=1&created_to=${instant(0.1)}`)) as { next_cursor: string };
  const seconds = new Date(Date.parse(instant(0.5)) + 1000).toISOString();
  const time = `created_from=${instant(0.5)}&created_to=${seconds}`;
  const retry = (filter: object) => ({
    method: 'POST' as const,
    paths: ['/orders/retry'],
    body: JSON.stringify(filter),
  });
  return {
    'GET /orders/{id}': { paths: Array.from({ length: 100 }, anId) },
    'GET /metrics': { paths: ['/metrics'] },
    'list, first page': { paths: ['/orders'] },
    'list, deep page': { paths: [`/orders?cursor=${deep.next_cursor}`] },
    'list by status': { paths: ['/orders?status=Failed'] },
    'list by user': { paths: ['/orders?user_id=user-0'] },
    'list by time': { paths: [`/orders?${time}`] },
    'list by status and time': { paths: [`/orders?status=Failed&${time}`] },
    'list by user and time': { paths: [`/orders?user_id=${BIG_USER}&${time}`] },
    'list by user and status': { paths: [`/orders?user_id=${BIG_USER}&status=Failed`] },
    'list by user, status and time': { paths: [`/orders?user_id=${BIG_USER}&status=Failed&${time}`] },
    'list by status, no match': { paths: ['/orders?status=Pending'] },
    'list by user, no match': { paths: ['/orders?user_id=nobody'] },
    'list by time, no match': { paths: ['/orders?created_from=2100-01-01T00:00:00Z'] },
    'list by user and status, no match': { paths: [`/orders?user_id=${BIG_USER}&status=Cancelled`] },
    'bulk retry by time, no match': retry({ failed_from: '2100-01-01T00:00:00Z' }),
    'bulk retry by user, no match': retry({ user_id: 'user-0' }),
    'bulk retry by user and time, no match': retry({ user_id: BIG_USER, failed_to: '2000-01-01T00:00:00Z' }),
    'POST /orders': { method: 'POST', paths: ['/orders'], body: JSON.stringify(ORDER) }, // last: it adds orders
  };
}

/** The size that a route's latency is compared with. */
function fewest(name: string, sizes: number[]): number {
  return EXAMINING.test(name) ? Math.min(1, sizes.length - 1) : 0;
}

/** @returns milliseconds from the start of the process until it can take orders */
async function restart(folder: string): Promise<number> {
  await using server = await Server.start('ordermill', { folder, environment: PAUSED });
  return server.readyMs;
}

export const growth: Benchmark = {
  name: 'growth',
  title: 'Median latency with 1,000,000 orders in the table, as a multiple of that with 1,000; 8 connections',
  async run(scale) {
    await using stack = new AsyncDisposableStack();
    const sizes = [...new Set(SIZES.map((orders) => scale.orders(orders)))];
    const shops = [];
    for (const orders of sizes) {
      const folder = stack.use(temporaryFolder()).path;
      shops.push({ orders, folder, start: await createOrders(folder, orders, 'finished') });
    }
    const starts = await alternate(
      { rounds: Math.min(ROUNDS, scale.rounds) },
      Object.fromEntries(shops.map(({ orders, folder }) => [`${orders}`, () => restart(folder)])),
    );
    const lines = [{ name: 'restart', p50s: sizes.map((orders) => starts[orders] ?? []) }];
    const servers = [];
    for (const { orders, folder, start } of shops) {
      const server = stack.use(await Server.start('ordermill', { folder, environment: PAUSED }));
      servers.push({ orders, server, routes: await routes(server, orders, start) });
    }
    for (const name of Object.keys(servers[0]?.routes ?? {})) {
      const contestants = servers.map(({ orders, server, routes }) => {
        const request = { url: server.url, connections: 8, requests: REQUESTS, ...routes[name] };
        return [`${orders}`, async () => (await load(request)).p50Ms] as const;
      });
      const p50s = await alternate(
        { rounds: Math.min(ROUNDS, scale.rounds) },
        Object.fromEntries(contestants),
      );
      lines.push({ name, p50s: sizes.map((orders) => p50s[orders] ?? []) });
    }
    return {
      series: lines.flatMap(({ name, p50s }) =>
        [fewest(name, sizes), sizes.length - 1].map((index): Series => ({
          name: `${name}, ${sizes[index]} orders`,
          unit: 'ms',
          values: p50s[index] ?? [],
        })),
      ),
      bars: lines.map(({ name, p50s }) => ({
        claim: `× ${name}`,
        value: ratio(p50s.at(-1) ?? [], p50s[fewest(name, sizes)] ?? []),
        atMost: 1.3,
      })),
      chart: {
        title: 'Median latency by number of orders',
        unit: 'ms',
        x: { name: 'orders', values: sizes, logarithmic: true },
        lines: lines.map(({ name, p50s }) =>
          name === 'restart'
            ? { name: 'restart (in s)', values: p50s.map((values) => median(values) / 1000) }
            : { name, values: p50s.map(median) },
        ),
      },
    };
  },
};
