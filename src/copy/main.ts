import { withoutPassword } from '../common/secret.url.js';
import type { Database } from '../database/database.js';
import { openDatabase } from '../database/open.database.js';
import { copyApiKeys } from './api.keys.js';
import { copyOrders } from './copy.js';
import { readOptions, type CopyOptions } from './options.js';
import { Progress } from './progress.js';
import { Refused, refuseAhead, refuseFiles, refuseRunning, refuseSame } from './refusal.js';
import { copyWebhooks } from './webhooks.js';
import { verify, type Sum } from './verification.js';

/** Three chunks at once, each of which is read from two tables, and the bounds of the next. */
const POOL_SIZE = 8;

for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const)
  process.on(signal, () => {
    process.stderr.write('\ninterrupted; the same command goes on from here\n');
    process.exit(128 + number); // what is not committed is rolled back, as after a crash
  });

try {
  const options = readOptions();
  if (options) await run(options);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

async function run(options: CopyOptions): Promise<void> {
  refuseFiles(options.from, options.to);
  const source = await open(options.from);
  try {
    const target = await open(options.to);
    try {
      await copyAndVerify(source, target, options);
    } finally {
      await target.onApplicationShutdown();
    }
  } finally {
    await source.onApplicationShutdown();
  }
}

async function open(url: string): Promise<Database> {
  try {
    return await openDatabase(url, POOL_SIZE);
  } catch (error) {
    throw new Refused(`${withoutPassword(url)} cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}

async function copyAndVerify(
  source: Database,
  target: Database,
  { from, to, isVerifying, chunkSize }: CopyOptions,
): Promise<void> {
  await refuseSame(source, target);
  const total = await count(source);
  say(`from ${withoutPassword(from)}: ${total} orders`);
  say(`to   ${withoutPassword(to)}: ${await count(target)} orders`);
  if (!isVerifying) {
    await refuseAhead(source, target);
    using progress = new Progress('copied', total);
    const { written, equal } = await copyOrders(source, target, chunkSize, progress);
    say(`${written} orders written, ${equal} were equal already, in ${progress.end()}`);
    const keys = await copyApiKeys(source, target);
    if (keys > 0) say(`${keys} API keys written`);
    const { webhooks, messages } = await copyWebhooks(source, target);
    if (webhooks > 0) say(`${webhooks} webhooks and ${messages} undelivered messages written`);
  }
  using progress = new Progress('verified', total);
  const verdict = await verify(source, target, chunkSize, progress);
  say(`read in ${progress.end()}`);
  say(`source: ${describe(verdict.source)}`);
  say(`target: ${describe(verdict.target)}`);
  for (const problem of verdict.problems) process.stderr.write(`${problem}\n`);
  await refuseRunning(source);
  if (verdict.problems.length > 0)
    throw new Refused('The target is not equal to the source. Run the copy again: it mends what differs.');
  say('equal');
}

async function count({ read }: Database): Promise<number> {
  const [row] = await read<{ orders: number }>('SELECT COUNT(*) AS orders FROM orders');
  return Number(row?.orders);
}

function describe({ orders, entries, sha256 }: Sum): string {
  return `${orders} orders, ${entries} entries of history, SHA-256 ${sha256}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** In one line; the database's own words where there are any. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; '); // of a connection: one for each address
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return error instanceof Refused || cause === undefined
    ? error.message
    : `${error.message} (${messageOf(cause)})`;
}
