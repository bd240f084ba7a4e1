import type { Benchmark } from '../harness/benchmark.ts';
import { postOrders } from '../harness/load.ts';
import { alternate } from '../harness/rounds.ts';
import { PAUSED, Server } from '../harness/server.ts';
import { ratio } from '../harness/statistics.ts';

export const intake: Benchmark = {
  name: 'intake',
  title: 'POST /orders over 64 connections, nothing processed meanwhile',
  async run(scale) {
    await using ordermill = await Server.start('ordermill', { environment: PAUSED });
    await using unstored = await Server.start('unstored');
    await using http = await Server.start('unstored', { environment: { OWN_ADAPTER: 1 } });
    await using plain = await Server.start('plain');
    await using textbook = await Server.start('textbook');
    await using bare = await Server.start('bare');
    const post = (server: Server) => () => postOrders(server.url, { seconds: scale.seconds });
    const reports = await alternate(scale, {
      Ordermill: post(ordermill),
      'same route, no database': post(unstored),
      "Ordermill's HTTP side alone": post(http),
      'plain Nest route': post(plain),
      'textbook: repository.save()': post(textbook),
      'bare node:http': post(bare),
    });
    const rates = (name: keyof typeof reports) => reports[name].map(({ perSecond }) => perSecond);
    const p99s = (name: keyof typeof reports) => reports[name].map(({ p99Ms }) => p99Ms);
    const ours = rates('Ordermill');
    const latency = (name: keyof typeof reports) => ({
      name: `${name}, p99`,
      unit: 'ms',
      values: p99s(name),
      isBaseline: name !== 'Ordermill',
    });
    return {
      series: [
        ...(Object.keys(reports) as (keyof typeof reports)[]).map((name) => ({
          name,
          unit: 'orders/s',
          values: rates(name),
          isBaseline: name !== 'Ordermill',
        })),
        latency('Ordermill'),
        latency('plain Nest route'),
      ],
      bars: [
        { claim: 'times the plain Nest route', value: ratio(ours, rates('plain Nest route')), atLeast: 1.4 },
        {
          claim: 'times repository.save()',
          value: ratio(ours, rates('textbook: repository.save()')),
          atLeast: 8,
        },
        {
          claim: 'of the same route without a database',
          value: ratio(ours, rates('same route, no database')),
          atLeast: 0.85,
        },
        {
          claim: "times the plain route's p99",
          value: ratio(p99s('Ordermill'), p99s('plain Nest route')),
          atMost: 1,
        },
      ],
    };
  },
};
