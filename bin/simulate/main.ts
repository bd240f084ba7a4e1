import { Client, KEY, NoServer } from './client.ts';
import { readOptions, type Options } from './options.ts';
import { OwnServer } from './own.server.ts';
import { run, type Report } from './run.ts';
import { SCENARIOS } from './scenarios.ts';

const DEFAULT_URL = 'http://127.0.0.1:8000';

/** `3 (2 × 503, 1 × ECONNRESET)` */
function tally(reasons: string[]): string {
  const counts = Map.groupBy(reasons, (reason) => reason);
  const parts = [...counts].map(([reason, { length }]) => `${length} × ${reason}`);
  return parts.length > 0 ? `${reasons.length} (${parts.join(', ')})` : '0';
}

function percentiles(values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (percent: number) =>
    `${sorted[Math.ceil((percent / 100) * sorted.length) - 1]?.toFixed(0) ?? '–'} ms`;
  return `p50 ${at(50)}, p95 ${at(95)}, p99 ${at(99)}, max ${at(100)}`;
}

function verdict(report: Report): string {
  const { accepted, lost, latenciesMs, postSeconds, seconds } = report;
  const lines = {
    accepted,
    completed: report.completed,
    lost: tally(lost),
    duplicates: report.duplicates,
    'out of turn': report.outOfTurn,
    'wrong answers': tally(report.wrong),
    replayed: report.replayed,
    refused: tally(report.refused),
    acceptance: `${percentiles(latenciesMs)}; ${(accepted / postSeconds).toFixed(0)} orders a second`,
    'all done': `${lost.length > 0 ? 'no' : 'yes'}, after ${seconds.toFixed(1)} s`,
  };
  return Object.entries(lines)
    .map(([name, text]) => `${name.padEnd(15)}${text}\n`)
    .join('');
}

function isGood({ accepted, lost, duplicates, wrong }: Report): boolean {
  return accepted > 0 && lost.length === 0 && duplicates === 0 && wrong.length === 0;
}

async function simulate(url: string, options: Options, key?: string): Promise<boolean> {
  using client = new Client(url, options.concurrency, key);
  await client.check();
  process.stdout.write(`${url}, ${options.scenario}: ${SCENARIOS[options.scenario]?.title}\n`);
  const report = await run(client, options);
  process.stdout.write(`\n${verdict(report)}`);
  return isGood(report);
}

async function simulateSomewhere(options: Options): Promise<boolean> {
  try {
    return await simulate(options.url ?? DEFAULT_URL, options, process.env[KEY]?.trim() || undefined);
  } catch (error) {
    if (options.url !== undefined || !(error instanceof NoServer)) throw error;
  }
  process.stdout.write(`Nothing answers at ${DEFAULT_URL}: starting a server …\n`);
  await using server = await OwnServer.start();
  return await simulate(server.url, options);
}

try {
  process.exitCode = (await simulateSomewhere(readOptions())) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
