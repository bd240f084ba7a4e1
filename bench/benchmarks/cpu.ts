import { cpSync } from 'node:fs';
import type { Bar, Benchmark, Scale } from '../harness/benchmark.ts';
import { cpuMsOf } from '../harness/cpu.ts';
import { load, NUMBER, ORDER, postBatches, postOrders } from '../harness/load.ts';
import { alternate } from '../harness/rounds.ts';
import { PAUSED, PROGRAMS, Server, temporaryFolder, type ServerOptions } from '../harness/server.ts';
import { ratio } from '../harness/statistics.ts';

type Program = 'ordermill' | 'before' | 'plain';

/** With an id of the client's own, which costs more than one that the server makes. */
const WITH_ID = { order_id: `order-${NUMBER}`, ...ORDER };

/** What a change may cost, as a part of what it cost before; a list page more. */
const MOST = 1.05;
const MOST_LIST = 1.5;

/** Microseconds of CPU time of the server's process for each of `count`. */
async function cost(server: Server, count: number, work: () => Promise<unknown>): Promise<number> {
  const beforeMs = cpuMsOf(server.pid);
  await work();
  return ((cpuMsOf(server.pid) - beforeMs) * 1000) / count;
}

/** From the first answer on, on a copy of a backlog. */
async function claimAndFinish(program: Program, folder: string, orders: number): Promise<number> {
  using copy = temporaryFolder();
  cpSync(folder, copy.path, { recursive: true });
  await using server = await Server.start(program, {
    folder: copy.path,
    environment: { PROCESSING_TIME_MS: 0 },
  });
  const { completed_orders: done } = await server.metrics();
  return await cost(server, orders - done, () =>
    server.until(({ completed_orders }) => completed_orders === orders),
  );
}

/** Each operation's costs of one build, on servers that live for all rounds. */
async function operations(program: 'ordermill' | 'before', scale: Scale, stack: AsyncDisposableStack) {
  const start = async (options: ServerOptions) => stack.use(await Server.start(program, options));
  const [orders, pages] = [scale.orders(20_000), scale.orders(2000)];
  const backlog = stack.use(temporaryFolder());
  {
    await using filler = await Server.start(program, { folder: backlog.path, environment: PAUSED });
    await postBatches(filler.url, { orders: 2 * orders });
  }
  const [accepting, batching, reading] = [
    await start({ environment: PAUSED }),
    await start({ environment: PAUSED }),
    await start({ environment: { PROCESSING_TIME_MS: 0 } }),
  ];
  await postBatches(reading.url, { orders: 1000 });
  await reading.until(({ completed_orders }) => completed_orders === 1000);
  const list = (await reading.get('/orders?status=Completed&limit=200')) as {
    orders: { order_id: string }[];
  };
  const paths = list.orders.map(({ order_id }) => `/orders/${order_id}`);
  const get = (requests: number, asked: string[]) => () =>
    cost(reading, requests, () => load({ url: reading.url, paths: asked, connections: 64, requests }));
  return {
    accept: () => cost(accepting, orders, () => postOrders(accepting.url, { requests: orders }, WITH_ID)),
    batch: () => cost(batching, orders, () => postBatches(batching.url, { orders })),
    'claim and finish': () => claimAndFinish(program, backlog.path, 2 * orders),
    'get by id': get(orders, paths),
    'list page of 50': get(pages, ['/orders?limit=50']),
  };
}

export const cpu: Benchmark = {
  name: 'cpu',
  title: 'CPU time of the server for each order or request',
  async run(scale) {
    await using stack = new AsyncDisposableStack();
    const ours = await operations('ordermill', scale, stack);
    const before = PROGRAMS.before ? await operations('before', scale, stack) : undefined;
    const plain = stack.use(await Server.start('plain'));
    const orders = scale.orders(20_000);
    const named = Object.keys(ours) as (keyof typeof ours)[]; // Object.keys forgets the keys' type
    const results = await alternate(scale, {
      'plain Nest route': () =>
        cost(plain, orders, () => postOrders(plain.url, { requests: orders }, WITH_ID)),
      ...Object.fromEntries(
        named.flatMap((name) => [
          [name, ours[name]] as const,
          ...(before ? [[`${name}, before`, before[name]] as const] : []),
        ]),
      ),
    });
    const values = (name: string) => (results as Record<string, number[]>)[name] ?? [];
    const bars: Bar[] = [
      {
        claim: 'times the plain Nest route: accept',
        value: ratio(values('accept'), values('plain Nest route')),
        atMost: 1,
      },
    ];
    if (before)
      for (const name of named)
        bars.push({
          claim: `times what it was before: ${name}`,
          value: ratio(values(name), values(`${name}, before`)),
          atMost: name.startsWith('list') ? MOST_LIST : MOST,
        });
    return {
      series: Object.entries(results).map(([name, costs]) => ({
        name,
        unit: 'µs',
        values: costs,
        isBaseline: name.endsWith('before') || name.startsWith('plain'),
      })),
      bars,
    };
  },
};
