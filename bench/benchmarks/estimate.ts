import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Bar, Benchmark, Scale, Series } from '../harness/benchmark.ts';
import { ORDER } from '../harness/load.ts';
import { Server } from '../harness/server.ts';
import { median, percentile } from '../harness/statistics.ts';

/** The work takes from 20 to 180 ms, so ten slots complete 100 orders a second. */
const SLOTS = 10;
const [LEAST_MS, MOST_MS] = [20, 180];
const CAPACITY = (SLOTS * 1000 * 2) / (LEAST_MS + MOST_MS);

interface Arrivals {
  /** Of the capacity; without it all orders come at once. */
  share?: number;
  /** Seconds of the capacity's work, in a full run. */
  seconds: number;
}

const LOADS: Record<string, Arrivals> = {
  'steady at 0.7 of the capacity': { share: 0.7, seconds: 6 },
  'a burst': { seconds: 8 },
  'a backlog that grows, at 1.5 times the capacity': { share: 1.5, seconds: 8 },
};

/** Of each load; a round takes as long as the load. */
const ROUNDS = 5;

/** Which part of the orders is asked for, once each, right after it was accepted. */
const ASKED = 5;

/** Orders that are done before: without any, the estimate takes `PROCESSING_TIME_MS` for the work. */
const KNOWN = 100;

/** What the handler calls: it answers after a while. */
async function startWork(): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((_, response) => {
    setTimeout(() => response.end('{}'), LEAST_MS + Math.random() * (MOST_MS - LEAST_MS));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Asked {
  id: string;
  at: number;
  estimated: number;
}

/** How far off an estimate was: in milliseconds, and in percent of the time that was left. */
interface Off {
  ms: number;
  part: number;
}

async function errorsOf({ share, seconds }: Arrivals, scale: Scale): Promise<Off[]> {
  await using work = await startWork();
  await using server = await Server.start('ordermill', {
    environment: { PROCESSOR: 'http', PROCESSOR_URL: work.url, PROCESSOR_CONCURRENCY: SLOTS },
  });
  for (let order = 0; order < KNOWN; order++) await post(server, false);
  await server.until(({ completed_orders }) => completed_orders === KNOWN);
  const orders = CAPACITY * seconds * (scale.quick ? 0.1 : 1);
  const asked: Promise<Asked | undefined>[] = [];
  const startedAt = performance.now();
  for (let order = 0; order < orders; order++) {
    const early = share ? (order * 1000) / (share * CAPACITY) - (performance.now() - startedAt) : 0;
    if (early > 0) await wait(early);
    asked.push(post(server, order % ASKED === 0));
  }
  const questions = (await Promise.all(asked)).filter((question) => question !== undefined);
  await server.until(({ completed_orders }) => completed_orders === KNOWN + orders);
  return await Promise.all(
    questions.map(async ({ id, at, estimated }) => {
      const { completed_at } = (await server.get(`/orders/${id}`)) as { completed_at: string };
      const ms = Math.abs(Date.parse(completed_at) - estimated);
      return { ms, part: (100 * ms) / (Date.parse(completed_at) - at) };
    }),
  );
}

/** undefined: not asked, or started already. */
async function post(server: Server, asks: boolean): Promise<Asked | undefined> {
  const response = await fetch(`${server.url}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ORDER),
  });
  const { order_id: id } = (await response.json()) as { order_id: string };
  if (!asks) return undefined;
  const order = (await server.get(`/orders/${id}`)) as { estimated_completion_at?: string };
  const { estimated_completion_at: estimated } = order;
  return estimated === undefined ? undefined : { id, at: Date.now(), estimated: Date.parse(estimated) };
}

export const estimate: Benchmark = {
  name: 'estimate',
  title:
    'How far off estimated_completion_at is, right after the order was accepted (work of 20 to 180 ms, 10 slots)',
  async run(scale) {
    const series: Series[] = [];
    for (const [name, arrivals] of Object.entries(LOADS)) {
      const rounds: Off[][] = [];
      for (let round = 0; round < (scale.quick ? 1 : ROUNDS); round++)
        rounds.push(await errorsOf(arrivals, scale));
      const add = (what: keyof Off, percent: number) =>
        series.push({
          name: `${name}: p${percent}`,
          unit: what === 'part' ? '%' : 'ms',
          values: rounds.map((all) =>
            percentile(
              all.map((off) => off[what]),
              percent,
            ),
          ),
        });
      add('part', 50);
      add('part', 95);
      add('ms', 95);
    }
    const bar = (claim: string, index: number, atMost: number): Bar => ({
      claim,
      value: median(series[index]?.values ?? []),
      atMost,
    });
    return {
      series,
      bars: [
        bar('ms off at a steady load, p95', 2, MOST_MS),
        bar('% off in a burst, p50', 3, 10),
        bar('% off in a backlog that grows, p50', 6, 10),
      ],
    };
  },
};
