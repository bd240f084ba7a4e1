import type { Benchmark } from '../harness/benchmark.ts';
import { cpuMsOf, cpuMsOfPostgres } from '../harness/cpu.ts';
import { postOrders } from '../harness/load.ts';
import { temporaryDatabase, type PostgresDatabase } from '../harness/postgres.ts';
import { Server } from '../harness/server.ts';

const ROUNDS = 3;
const IDLE_WORKERS = 4;
const IDLE_MS = 5000;

/** What one stage cost: CPU of Ordermill's processes and of PostgreSQL, and what PostgreSQL wrote to its log. */
async function costOf(servers: Server[], database: PostgresDatabase, stage: () => Promise<unknown>) {
  const used = async () => ({
    ownMs: servers.reduce((sum, { pid }) => sum + cpuMsOf(pid), 0),
    postgresMs: cpuMsOfPostgres(),
    logBytes: await database.number(`SELECT pg_current_wal_lsn() - '0/0'::pg_lsn`),
  });
  const before = await used();
  await stage();
  const after = await used();
  return {
    ownMs: after.ownMs - before.ownMs,
    postgresMs: after.postgresMs - before.postgresMs,
    logBytes: after.logBytes - before.logBytes,
  };
}

async function measure(orders: number, warmUp: number, idleMs: number) {
  await using database = await temporaryDatabase();
  const start = (ROLE: string) =>
    Server.start('ordermill', { environment: { DATABASE_URL: database.url, ROLE, PROCESSING_TIME_MS: 0 } });
  const total = warmUp + orders;
  await using api = await start('api');
  await postOrders(api.url, { requests: warmUp });
  const empty = await database.number('SELECT pg_database_size(current_database())');
  const accepting = await costOf([api], database, () => postOrders(api.url, { requests: orders }));
  await using worker = await start('worker');
  const isDone = ({ completed_orders }: { completed_orders: number }) => completed_orders === total;
  const processing = await costOf([worker], database, () => worker.until(isDone, 100));
  const full = await database.number('SELECT pg_database_size(current_database())');
  await using stack = new AsyncDisposableStack();
  const idle = await Promise.all(Array.from({ length: IDLE_WORKERS }, () => start('worker')));
  for (const server of idle) stack.use(server);
  const idling = await costOf(
    idle,
    database,
    () => new Promise((resolve) => setTimeout(resolve, idleMs)), // idleness is what is measured
  );
  const share = (ms: number) => (ms / idleMs / IDLE_WORKERS) * 100;
  return {
    'accepting: api': (accepting.ownMs / orders) * 1000,
    'accepting: PostgreSQL': (accepting.postgresMs / orders) * 1000,
    'processing: worker': (processing.ownMs / total) * 1000,
    'processing: PostgreSQL': (processing.postgresMs / total) * 1000,
    'an idle worker': share(idling.ownMs),
    'an idle worker: PostgreSQL': share(idling.postgresMs),
    'log of PostgreSQL': accepting.logBytes / orders + processing.logBytes / total,
    'rows and indexes': (full - empty) / orders,
  };
}

type Cost = keyof Awaited<ReturnType<typeof measure>>;

const unitOf = (cost: Cost) => {
  if (cost.startsWith('an idle')) return '% of a core';
  return cost === 'log of PostgreSQL' || cost === 'rows and indexes' ? 'bytes/order' : 'µs of CPU/order';
};

/** Work that takes no time, single orders, one process each: what an order costs on PostgreSQL, to reckon machines with. */
export const sizing: Benchmark = {
  name: 'sizing',
  title:
    'What an order costs on PostgreSQL: accepted one by one over 64 connections, then processed (work 0 ms)',
  needs: 'PostgreSQL on this machine (TEST_POSTGRES_URL), and Linux',
  async run(scale) {
    const orders = scale.orders(50_000);
    const rounds: Awaited<ReturnType<typeof measure>>[] = [];
    while (rounds.length < Math.min(ROUNDS, scale.rounds))
      rounds.push(await measure(orders, scale.orders(20_000), scale.quick ? 500 : IDLE_MS));
    const costs = Object.keys(rounds[0] ?? {}) as Cost[]; // Object.keys forgets the keys' type
    return {
      series: costs.map((name) => ({ name, unit: unitOf(name), values: rounds.map((round) => round[name]) })),
      bars: [],
    };
  },
};
