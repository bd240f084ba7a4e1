import type { Campaign } from './campaign.ts';
import type { Finding } from './checker.ts';
import type { Recovery } from './recovery.ts';

/** The figures of a campaign and its verdict, for people. */
export function report(campaign: Campaign, recovery: Recovery | undefined, findings: Finding[]): string {
  const { book, clients, lives, receiver, endpoint, clock } = campaign;
  const killed = lives.filter(({ isKilled }) => isKilled);
  const beforeReady = killed.filter(({ readyAt }) => readyAt === 0).length;
  const upMs = lives.reduce((sum, { readyAt, endedAt }) => sum + (readyAt > 0 ? endedAt - readyAt : 0), 0);
  const lines: [string, string][] = [
    ['kills', `${killed.length}, of these ${beforeReady} before the server was ready`],
    [
      'orders sent',
      `${book.orders.length}, ${perSecond(book.orders.length, upMs)} a second while the server was up`,
    ],
    ['acknowledged', `${book.acknowledged.size}, of these ${book.repeats} when repeated after a kill`],
    ['given up by their client', String(book.gaveUp)],
    ['refused with 503', String(clients.refusals)],
    ['cancelled', String(book.orders.filter(({ isCancelled }) => isCancelled).length)],
    ['answers', answers(book.answers)],
    ...(clock ? [['steps of the clock', String(clock.steps)] satisfies [string, string]] : []),
    ...(receiver ? [['executions', String(receiver.executions)] satisfies [string, string]] : []),
    ['webhooks received', `${endpoint.messages}, of these ${endpoint.repeats} repeats`],
    [
      'start to ready',
      distribution(lives.filter(({ readyAt }) => readyAt > 0).map((life) => life.readyAfterMs)),
    ],
    ...(recovery ? times(recovery) : []),
  ];
  const checks = findings.map(({ check, count }): [string, string] => [check, String(count)]);
  return [...table(lines), '', ...table(checks), ...findings.flatMap(examples)].join('\n');
}

function times(recovery: Recovery): [string, string][] {
  return [
    [
      'interrupted attempts',
      `${recovery.interrupted}, ${recovery.cutOff} of them killed again before they were started`,
    ],
    ['interrupted too often', `${recovery.suspected}, which wait on purpose`],
    ['ready to first one started again', distribution(recovery.firstMs)],
    ['ready to all started again', distribution(recovery.lastMs)],
  ];
}

/** `order 201: 5000`, the most frequent first; a line holds a few of them. */
function answers(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a).map(([what, count]) => `${what}: ${count}`);
  const lines = Array.from({ length: Math.ceil(sorted.length / 4) }, (_, at) =>
    sorted.slice(at * 4, at * 4 + 4).join(', '),
  );
  return lines.join(`\n${' '.repeat(49)}`);
}

function table(lines: [string, string][]): string[] {
  return lines.map(([name, value]) => `  ${name.padEnd(46)} ${value}`);
}

function examples({ check, count, examples }: Finding): string[] {
  return count > 0 ? ['', `${check}:`, ...examples.map((line) => `  ${line}`)] : [];
}

function perSecond(count: number, ms: number): string {
  return (count / Math.max(ms / 1000, 0.001)).toFixed(0);
}

function distribution(values: number[]): string {
  if (values.length === 0) return 'not seen';
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return `${at(0.5)} ms median, ${at(0.95)} ms p95, ${at(1)} ms longest`;
}
