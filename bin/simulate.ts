import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from './simulate.client.ts';
import { Progress } from './simulate.progress.ts';

const HELP = `Posts many orders at once to a running Ordermill, waits until all are Completed, and says what became of them.

  npm run simulate -- [options]

  --orders <n>        orders to post (1000)
  --concurrency <n>   requests under way at once, each on a connection of its own (1000)
  --url <url>         the server (http://127.0.0.1:8000)
  --timeout <s>       longest wait for the orders to be Completed, in seconds (120)
  --help              this text

Exits with 0 only when every accepted order is Completed, and any was accepted.
`;

/** Between two looks at how far the server is. */
const POLL_MS = 100;

/** Requests under way at once while every order is looked up by its id. */
const LOOK_UPS = 50;

interface Options {
  orders: number;
  concurrency: number;
  url: string;
  timeoutMs: number;
}

function readOptions(): Options {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    options: {
      orders: text('1000'),
      concurrency: text('1000'),
      url: text('http://127.0.0.1:8000'),
      timeout: text('120'),
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const count = (name: 'orders' | 'concurrency' | 'timeout') => {
    if (!/^[1-9]\d{0,6}$/.test(values[name]))
      throw new Error(`--${name} must be a whole number from 1 to 9999999`);
    return Number(values[name]);
  };
  if (!/^https?:$/.test(URL.parse(values.url)?.protocol ?? '')) throw new Error('--url must be an http URL');
  const url = values.url.replace(/\/+$/, '');
  return {
    orders: count('orders'),
    concurrency: count('concurrency'),
    url,
    timeoutMs: count('timeout') * 1000,
  };
}

/** Calls `work` on each item, at most `limit` at once. */
async function each<Item>(items: Item[], limit: number, work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const lane = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
}

interface Posted {
  accepted: string[];
  /** Why, once for each refused order. */
  refusals: string[];
  latenciesMs: number[];
}

async function postAll(client: Client, { orders, concurrency }: Options): Promise<Posted> {
  using progress = new Progress('posted', orders);
  const posted: Posted = { accepted: [], refusals: [], latenciesMs: [] };
  const ids = Array.from({ length: orders }, () => randomUUID() as string);
  await each(ids, concurrency, async (id) => {
    const sentAt = performance.now();
    const refusal = await client.post(id);
    posted.latenciesMs.push(performance.now() - sentAt);
    if (refusal) posted.refusals.push(refusal);
    else posted.accepted.push(id);
    progress.show(posted.latenciesMs.length);
  });
  return posted;
}

/** Waits until the orders are Completed, at most until the deadline. @returns the last status of those that are not */
async function awaitCompleted(client: Client, ids: string[], completedBefore: number, deadline: number) {
  using progress = new Progress('completed', ids.length);
  // Cheap and roughly, by the counts, for others may post too; then exactly, by each order's own status.
  for (let open = ids.length; open > 0 && performance.now() < deadline; await wait(POLL_MS)) {
    const { completed_orders, pending_orders, processing_orders } = await client.metrics();
    open = Math.min(ids.length - (completed_orders - completedBefore), pending_orders + processing_orders);
    progress.show(Math.min(ids.length, completed_orders - completedBefore));
  }
  const lost = new Map(ids.map((id) => [id, 'unknown']));
  for (;;) {
    const undecided = [...lost].filter(([, status]) => status !== 'Failed' && status !== 'Cancelled');
    await each(undecided, LOOK_UPS, async ([id]) => {
      const status = await client.statusOf(id);
      if (status === 'Completed') lost.delete(id);
      else lost.set(id, status);
    });
    progress.show(ids.length - lost.size);
    if (undecided.every(([id]) => !lost.has(id)) || performance.now() > deadline) break;
    await wait(POLL_MS);
  }
  return [...lost.values()];
}

/** `3 (2 × 503 Service Unavailable, 1 × ECONNRESET)` */
function tally(reasons: string[]): string {
  const counts = Map.groupBy(reasons, (reason) => reason);
  const parts = [...counts].map(([reason, { length }]) => `${length} × ${reason}`);
  return parts.length > 0 ? `${reasons.length} (${parts.join(', ')})` : '0';
}

function percentiles(values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (percent: number) => `${sorted[Math.ceil((percent / 100) * sorted.length) - 1]?.toFixed(0)} ms`;
  return `p50 ${at(50)}, p95 ${at(95)}, p99 ${at(99)}, max ${at(100)}`;
}

async function simulate(options: Options): Promise<boolean> {
  const client = new Client(options.url, options.concurrency);
  const before = await client.metrics();
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const { accepted, refusals, latenciesMs } = await postAll(client, options);
  const postSeconds = seconds();
  const lost = await awaitCompleted(
    client,
    accepted,
    before.completed_orders,
    performance.now() + options.timeoutMs,
  );
  client.close();
  process.stdout.write(
    [
      '',
      `accepted  ${accepted.length}`,
      `refused   ${tally(refusals)}`,
      `latency   ${percentiles(latenciesMs)}`,
      `posts     ${(options.orders / postSeconds).toFixed(0)} per second`,
      `all done  ${lost.length > 0 ? 'no' : 'yes'}, after ${seconds().toFixed(1)} s`,
      `lost      ${tally(lost)}`,
      '',
    ].join('\n'),
  );
  return accepted.length > 0 && lost.length === 0;
}

try {
  process.exitCode = (await simulate(readOptions())) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
