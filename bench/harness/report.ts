import type { Bar, Benchmark, Findings, Series } from './benchmark.ts';
import { median } from './statistics.ts';

export function isMet({ value, atLeast = -Infinity, atMost = Infinity }: Bar): boolean {
  return value >= atLeast && value <= atMost; // NaN meets nothing
}

/** `1.52 times the plain Nest route (at least 1.4)` */
export function sentence({ claim, value, atLeast, atMost }: Bar): string {
  const limit = atLeast === undefined ? `at most ${number(atMost ?? 0)}` : `at least ${number(atLeast)}`;
  return `${number(value)} ${claim} (${limit})`;
}

/** As many digits as mean something. */
export function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });
}

export function spread({ values }: Series): string {
  return `${number(Math.min(...values))} … ${number(Math.max(...values))}`;
}

export function print({ name, title }: Benchmark, { series, bars }: Findings): void {
  const width = Math.max(...series.map((one) => one.name.length));
  const lines = series.map(
    (one) =>
      `  ${one.name.padEnd(width)}  ${number(median(one.values)).padStart(9)} ${one.unit.padEnd(8)}  ${spread(one)}`,
  );
  const verdicts = bars.map((bar) => `  ${isMet(bar) ? '✓' : '✗'} ${sentence(bar)}`);
  process.stdout.write(`\n${name}: ${title}\n${[...lines, ...verdicts].join('\n')}\n`);
}
