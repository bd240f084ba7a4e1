import autocannon from 'autocannon';
import { NUMBER, type Load, type LoadReport } from './load.ts';
import { percentile } from './statistics.ts';

/** A process of its own: runs autocannon for each message, so that neither the servers nor the clock share its loop. */
process.on('message', (load: Load) => {
  void run(load).then((report) => process.send?.(report)); // a rejection ends this process, and the run with it
});

/** Of all requests with a number so far; no two runs share one. */
let numbers = 0;
const RUN = Date.now().toString(36);

async function run(load: Load): Promise<LoadReport> {
  const { url, method = 'GET', paths = ['/'], body, key, connections, seconds, requests } = load;
  const latenciesMs: number[] = [];
  const refusals = new Set<number>();
  let endedAt = 0;
  const startedAt = performance.now();
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url,
        method,
        connections: Math.min(connections, requests ?? connections),
        ...(requests ? { amount: requests } : { duration: seconds ?? 1 }),
        ...(body && { body }),
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(key && { authorization: `Bearer ${key}` }),
        },
        requests: paths.map((path) => ({
          path,
          ...(body?.includes(NUMBER) && { setupRequest: numbered(body) }),
        })),
        sampleInt: 100,
      },
      (error: Error | null, result) => (error ? reject(error) : resolve(result)),
    );
    instance.on('response', (_client, status, _bytes, ms) => {
      if (status >= 300) refusals.add(status);
      latenciesMs.push(ms);
      endedAt = performance.now();
    });
  });
  const { non2xx, errors, timeouts } = result; // errors counts time-outs too
  return {
    answered: latenciesMs.length,
    failures:
      non2xx + errors > 0
        ? `${non2xx} of ${method} ${paths[0]} … refused (${[...refusals].join()}), ${errors - timeouts} broken, ${timeouts} timed out`
        : '',
    perSecond: (latenciesMs.length / (endedAt - startedAt)) * 1000,
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
  };
}

function numbered(body: string) {
  return (request: autocannon.Request): autocannon.Request => ({
    ...request,
    body: body.replace(NUMBER, `${RUN}-${++numbers}`),
  });
}
