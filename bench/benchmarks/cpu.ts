import { cpSync } from 'node:fs';
import type { Bar, Benchmark } from '../harness/benchmark.ts';
import { cpuMsOf } from '../harness/cpu.ts';
import { load, NUMBER, ORDER, postBatches, postOrders } from '../harness/load.ts';
import { alternate } from '../harness/rounds.ts';
import { PAUSED, PROGRAMS, Server, temporaryFolder, type ServerOptions } from '../harness/server.ts';
import { ratio } from '../harness/statistics.ts';

type Build = 'ordermill' | 'before';

/** Does so many, and returns microseconds of CPU time of the server's process for each. */
type Work = (count: number) => Promise<number>;

/** With an id of the client's own, which costs more than one that the server makes. */
const WITH_ID = { order_id: `order-${NUMBER}`, ...ORDER };

/** What a change may cost, as a part of what it cost before; a list page more. */
const MOST = 1.05;
const MOST_LIST = 1.5;

async function cost(server: Server, count: number, work: () => Promise<unknown>): Promise<number> {
  const beforeMs = cpuMsOf(server.pid);
  await work();
  return ((cpuMsOf(server.pid) - beforeMs) * 1000) / count;
}

const accept = (server: Server): Work => {
  return (count) => cost(server, count, () => postOrders(server.url, { requests: count }, WITH_ID));
};

/** Of a backlog's copy, after its first quarter: the other operations have warm processes too. */
async function claimAndFinish(build: Build, folder: string, orders: number): Promise<number> {
  using copy = temporaryFolder();
  cpSync(folder, copy.path, { recursive: true });
  await using server = await Server.start(build, {
    folder: copy.path,
    environment: { PROCESSING_TIME_MS: 0 },
  });
  await server.until(({ completed_orders }) => completed_orders >= orders / 4);
  const { completed_orders: done } = await server.metrics();
  return await cost(server, orders - done, () =>
    server.until(({ completed_orders }) => completed_orders === orders),
  );
}

/** Each operation of one build, on servers that live for all rounds. */
async function operations(build: Build, backlogOf: number, stack: AsyncDisposableStack) {
  const start = async (options: ServerOptions) => stack.use(await Server.start(build, options));
  const backlog = stack.use(temporaryFolder());
  {
    await using filler = await Server.start(build, { folder: backlog.path, environment: PAUSED });
    await postBatches(filler.url, { orders: backlogOf });
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
  const ids = list.orders.map(({ order_id }) => `/orders/${order_id}`);
  const get = (paths: string[]): Work => {
    return (requests) =>
      cost(reading, requests, () => load({ url: reading.url, paths, connections: 64, requests }));
  };
  const batch: Work = (orders) => cost(batching, orders, () => postBatches(batching.url, { orders }));
  return {
    accept: accept(accepting),
    batch,
    'claim and finish': () => claimAndFinish(build, backlog.path, backlogOf),
    'get by id': get(ids),
    'list page of 50': get(['/orders?limit=50']),
  } satisfies Record<string, Work>;
}

/**
 * Lets the programs do a slice of the work in turn, A B B A …, so that a moment in which the machine is slow hits all of
 * them. @returns each one's mean
 */
async function inSlices(
  slices: number,
  count: number,
  work: Record<string, Work>,
): Promise<Record<string, number>> {
  const turns = Object.entries(work);
  const means = Object.fromEntries(turns.map(([name]) => [name, 0]));
  for (let slice = 0; slice < slices; slice++, turns.reverse())
    for (const [name, run] of turns) means[name] = (means[name] ?? 0) + (await run(count / slices)) / slices;
  return means;
}

export const cpu: Benchmark = {
  name: 'cpu',
  title: 'CPU time of the server for each order or request',
  async run(scale) {
    await using stack = new AsyncDisposableStack();
    const orders = scale.orders(20_000);
    const ours = await operations('ordermill', 2 * orders, stack);
    const before = PROGRAMS.before ? await operations('before', 2 * orders, stack) : undefined;
    const plain = stack.use(await Server.start('plain'));
    const inTurn =
      (name: keyof typeof ours, slices: number, count: number, others: Record<string, Work> = {}) =>
      () =>
        inSlices(scale.quick ? 1 : slices, count, {
          [name]: ours[name],
          ...(before && { [`${name}, before`]: before[name] }),
          ...others,
        });
    const results = await alternate(scale, {
      accept: inTurn('accept', 10, orders, { 'plain Nest route': accept(plain) }),
      batch: inTurn('batch', 5, 2 * orders),
      claim: inTurn('claim and finish', before ? 3 : 1, 0),
      get: inTurn('get by id', 10, orders),
      list: inTurn('list page of 50', 10, orders / 10),
    });
    const series = Object.values(results).flatMap((rounds) =>
      Object.keys(rounds[0] ?? {}).map((name) => ({
        name,
        unit: 'µs',
        values: rounds.map((means) => means[name] ?? Number.NaN),
        isBaseline: name.endsWith('before') || name.startsWith('plain'),
      })),
    );
    const values = (name: string) => series.find((one) => one.name === name)?.values ?? [];
    const bars: Bar[] = [
      {
        claim: 'times the plain Nest route: accept',
        value: ratio(values('accept'), values('plain Nest route')),
        atMost: 1,
      },
    ];
    if (before)
      for (const name of Object.keys(ours))
        bars.push({
          claim: `times what it was before: ${name}`,
          value: ratio(values(name), values(`${name}, before`)),
          atMost: name.startsWith('list') ? MOST_LIST : MOST,
        });
    return { series, bars };
  },
};
