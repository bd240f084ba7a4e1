import { cpSync } from 'node:fs';
import type { Bar, Benchmark } from '../harness/benchmark.ts';
import { load, NUMBER, ORDER, postBatches, postOrders } from '../harness/load.ts';
import { PAUSED, PROGRAMS, Server, temporaryFolder, type ServerOptions } from '../harness/server.ts';
import { cost, inSlices, type Work } from '../harness/slices.ts';
import { ratio } from '../harness/statistics.ts';

type Build = 'ordermill' | 'before';

/** With an id of the client's own, which costs more than one that the server makes. */
const WITH_ID = { order_id: `order-${NUMBER}`, ...ORDER };

/** What a change may cost, as a part of what it cost before; a list page more. */
const MOST = 1.05;
const MOST_LIST = 1.5;

const accept = (server: Server): Work => {
  return (count) => cost(server, count, () => postOrders(server.url, { requests: count }, WITH_ID));
};

/** Of a backlog's copy, after its first half, when V8 has compiled what it will: the others have warm processes too. */
async function claimAndFinish(build: Build, folder: string, orders: number): Promise<number> {
  using copy = temporaryFolder();
  cpSync(folder, copy.path, { recursive: true });
  await using server = await Server.start(build, {
    folder: copy.path,
    environment: { PROCESSING_TIME_MS: 0 },
  });
  await server.until(({ completed_orders }) => completed_orders >= orders / 2);
  const { completed_orders: done } = await server.metrics();
  return await cost(server, orders - done, () =>
    server.until(({ completed_orders }) => completed_orders === orders),
  );
}

/** A folder with a backlog that one build has accepted. */
async function backlogOf(build: Build, orders: number, stack: AsyncDisposableStack): Promise<string> {
  const folder = stack.use(temporaryFolder());
  await using filler = await Server.start(build, { folder: folder.path, environment: PAUSED });
  await postBatches(filler.url, { orders });
  return folder.path;
}

/** Each operation of one build, on processes of this round's own. */
async function operations(build: Build, stack: AsyncDisposableStack) {
  const start = async (options: ServerOptions) => stack.use(await Server.start(build, options));
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
    'get by id': get(ids),
    'list page of 50': get(['/orders?limit=50']),
  } satisfies Record<string, Work>;
}

/**
 * One round is one pair of processes: two processes of the same build differ by more than 5 %, by what V8 chose to
 * compile when, so that a difference of 5 % between builds is seen over several pairs only.
 */
export const cpu: Benchmark = {
  name: 'cpu',
  title: 'CPU time of the server for each order or request',
  async run(scale) {
    await using stack = new AsyncDisposableStack();
    const orders = scale.orders(20_000);
    const builds: Build[] = PROGRAMS.before ? ['ordermill', 'before'] : ['ordermill'];
    const backlogs: [Build, string][] = [];
    for (const build of builds) backlogs.push([build, await backlogOf(build, 8 * orders, stack)]);
    const rounds: Record<string, number>[] = [];
    for (let round = 0; round < scale.rounds; round++) {
      rounds.push(await oneRound(builds, orders, scale.quick ? 1 : 8));
      const inTurn = round % 2 ? backlogs.toReversed() : backlogs;
      for (const [build, folder] of inTurn)
        Object.assign(rounds[round] ?? {}, {
          [nameOf('claim and finish', build)]: await claimAndFinish(build, folder, 8 * orders),
        });
    }
    const series = Object.keys(rounds[0] ?? {}).map((name) => ({
      name,
      unit: 'µs',
      values: rounds.map((means) => means[name] ?? Number.NaN),
      isBaseline: name.endsWith('before') || name.startsWith('plain'),
    }));
    const values = (name: string) => series.find((one) => one.name === name)?.values ?? [];
    const bars: Bar[] = [
      {
        claim: 'times the plain Nest route: accept',
        value: ratio(values('accept'), values('plain Nest route')),
        atMost: 1,
      },
    ];
    if (PROGRAMS.before)
      for (const { name } of series.filter((one) => !one.isBaseline))
        bars.push({
          claim: `× before: ${name}`,
          value: ratio(values(name), values(nameOf(name, 'before'))),
          atMost: name.startsWith('list') ? MOST_LIST : MOST,
        });
    return { series, bars };
  },
};

async function oneRound(builds: Build[], orders: number, slices: number): Promise<Record<string, number>> {
  await using stack = new AsyncDisposableStack();
  const works = new Map<Build, Awaited<ReturnType<typeof operations>>>();
  for (const build of builds) works.set(build, await operations(build, stack));
  const plain = stack.use(await Server.start('plain'));
  const counts = { accept: orders, batch: 2 * orders, 'get by id': orders, 'list page of 50': orders / 10 };
  const means: Record<string, number> = {};
  for (const [name, count] of Object.entries(counts) as [keyof typeof counts, number][]) {
    const inTurn: Record<string, Work> = {};
    for (const [build, work] of works) inTurn[nameOf(name, build)] = work[name];
    if (name === 'accept') inTurn['plain Nest route'] = accept(plain);
    Object.assign(means, await inSlices(slices, count, inTurn));
  }
  return means;
}

function nameOf(operation: string, build: Build): string {
  return build === 'before' ? `${operation}, before` : operation;
}
