import { once } from 'node:events';
import { Agent, get, request, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Benchmark } from '../harness/benchmark.ts';
import { ORDER } from '../harness/load.ts';
import { alternate } from '../harness/rounds.ts';
import { Server } from '../harness/server.ts';
import { median } from '../harness/statistics.ts';

const STREAMS = 200;

/** An order makes three transitions: it is accepted, starts and completes. */
const TRANSITIONS_PER_SECOND = 1000;
const TRANSITIONS = 3;

/** In what is streamed, once for each transition. */
const EVENT = 'event: order';

/** Orders are posted in steps of so long. */
const STEP_MS = 15;

/** A client that reads all events. @returns how many there were so far */
async function follow(url: string, agent: Agent): Promise<() => number> {
  const [response] = (await once(get(`${url}/events`, { agent }), 'response')) as [IncomingMessage];
  let events = 0;
  let rest = '';
  response.setEncoding('latin1').on('data', (text: string) => {
    events += (rest + text).split(EVENT).length - 1;
    rest = (rest + text).slice(1 - EVENT.length); // the next may begin in it
  });
  response.on('error', () => undefined); // the server is killed in the end
  return () => events;
}

async function post(url: string, agent: Agent): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const call = request(`${url}/orders`, { method: 'POST', agent, headers });
  call.end(JSON.stringify(ORDER));
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
}

/** At the rate, for so long. @returns how many orders there were */
async function postSteadily(url: string, agent: Agent, seconds: number): Promise<number> {
  const perMs = TRANSITIONS_PER_SECOND / TRANSITIONS / 1000;
  const posts: Promise<void>[] = [];
  for (
    const startedAt = performance.now();
    performance.now() - startedAt < seconds * 1000;
    await wait(STEP_MS)
  )
    while (posts.length < (performance.now() - startedAt) * perMs) posts.push(post(url, agent));
  await Promise.all(posts);
  return posts.length;
}

export const streams: Benchmark = {
  name: 'streams',
  title: `The event loop's lag with ${STREAMS} event streams and ${TRANSITIONS_PER_SECOND} transitions a second`,
  async run(scale) {
    await using server = await Server.start('ordermill', {
      environment: { PROCESSING_TIME_MS: 0 },
      probe: true,
    });
    const agent = new Agent({ keepAlive: true });
    const clients = await Promise.all(Array.from({ length: STREAMS }, () => follow(server.url, agent)));
    let posted = 0;
    const { lags } = await alternate(scale, {
      lags: async () => {
        await server.probe(); // forgets what was before
        posted += await postSteadily(server.url, agent, 2 * scale.seconds);
        for (const told of clients) while (told() < TRANSITIONS * posted) await wait(STEP_MS);
        return (await server.probe()).lagMs;
      },
    });
    const p99s = lags.map(({ p99 }) => p99);
    return {
      series: [
        { name: 'p50', unit: 'ms', values: lags.map(({ p50 }) => p50) },
        { name: 'p99', unit: 'ms', values: p99s },
        { name: 'worst', unit: 'ms', values: lags.map(({ max }) => max) },
      ],
      bars: [{ claim: 'ms lag, p99', value: median(p99s), atMost: 50 }],
    };
  },
};
