import type { Benchmark } from '../harness/benchmark.ts';
import { NUMBER, ORDER, postOrders } from '../harness/load.ts';
import { PAUSED, Server } from '../harness/server.ts';
import { cost, inSlices, type Work } from '../harness/slices.ts';

/** What a key may cost, as a part of what an order costs without keys. */
const MOST = 1.05;

const WITH_ID = { order_id: `order-${NUMBER}`, ...ORDER };

/** One round is one pair of processes, as in `cpu`. */
export const keys: Benchmark = {
  name: 'keys',
  title: 'CPU time of the server for each accepted order, with API keys and without',
  async run(scale) {
    const orders = scale.orders(40_000);
    const rounds: Record<string, number>[] = [];
    for (let round = 0; round < scale.rounds; round++)
      rounds.push(await oneRound(round, orders, scale.quick ? 1 : 8));
    const valuesOf = (name: string) => rounds.map((means) => means[name] ?? Number.NaN);
    const [withKey, open] = [valuesOf('with a key'), valuesOf('open')];
    return {
      series: [
        { name: 'with a key', unit: 'µs', values: withKey },
        { name: 'open', unit: 'µs', values: open, isBaseline: true },
      ],
      bars: [{ claim: '× the CPU time of the open server', value: sum(withKey) / sum(open), atMost: MOST }],
    };
  },
};

/** Who comes first in a round is a percent or two dearer, so they take turns. */
async function oneRound(round: number, orders: number, slices: number): Promise<Record<string, number>> {
  const key = `om_abcdefgh_${'k'.repeat(43)}`;
  await using closed = await Server.start('ordermill', { environment: { ...PAUSED, API_KEYS: key } });
  await using open = await Server.start('ordermill', { environment: PAUSED });
  const accept = (server: Server): Work => {
    return (requests) => cost(server, requests, () => postOrders(server.url, { requests, key }, WITH_ID));
  };
  const turns: [string, Work][] = [
    ['with a key', accept(closed)],
    ['open', accept(open)],
  ];
  return await inSlices(slices, orders, Object.fromEntries(round % 2 ? turns.toReversed() : turns));
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
