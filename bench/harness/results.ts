import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import type { Benchmark, Findings } from './benchmark.ts';
import type { Environment } from './environment.ts';
import { plot } from './plot.ts';
import { isMet, number, sentence } from './report.ts';
import { median } from './statistics.ts';

type Results = Record<string, { title: string; environment: Environment } & Findings>;

const RESULTS = new URL('../results.json', import.meta.url);
const DOCS = new URL('../../docs/', import.meta.url);
const PAGE = new URL('performance.md', DOCS);

/** The page holds prose, and between these marks what was measured. */
const [BEGIN, END] = ['<!-- measured: begin -->', '<!-- measured: end -->'];

/** Keeps what was found: `bench/results.json`, a picture of each benchmark, and the table of `docs/performance.md`. */
export async function keep(benchmarks: Benchmark[], found: Results): Promise<void> {
  const results = { ...read(), ...found };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  mkdirSync(DOCS, { recursive: true });
  for (const [name, findings] of Object.entries(found))
    writeFileSync(new URL(`benchmark-${name}.svg`, DOCS), plot(`${name}: ${findings.title}`, findings));
  const page = readFileSync(PAGE, 'utf8');
  const [before, after] = [page.split(BEGIN)[0], page.split(END)[1]];
  const text = [before, BEGIN, '\n\n', measured(benchmarks, results), '\n\n', END, after].join('');
  const config = await resolveConfig(PAGE);
  writeFileSync(PAGE, await format(text, { ...config, parser: 'markdown' }));
}

/** Where the latest one was measured is said once; those that were measured elsewhere say so. */
function measured(benchmarks: Benchmark[], results: Results): string {
  const kept = benchmarks.flatMap(({ name }) => (results[name] ? { name, ...results[name] } : []));
  const [latest] = kept.toSorted((a, b) => b.environment.at.localeCompare(a.environment.at));
  if (!latest) return '';
  const place = placeOf(latest.environment);
  const rows = kept.map((one) => row(one, placeOf(one.environment) === place ? '' : ' (elsewhere)'));
  const introduction = `On ${place}. Each picture shows all figures with their spread; \`bench/results.json\` has every round.`;
  return `${introduction}\n\n${table(['benchmark', 'median', 'bars', 'commit'], rows)}`;
}

function placeOf({ machine, versions }: Environment): string {
  return `${machine}; ${versions}`;
}

/** The first figure of each benchmark, or all where there is no bar. */
function row(
  { name, title, series, bars, environment }: Results[string] & { name: string },
  elsewhere: string,
): string[] {
  const told = bars.length > 0 ? series.slice(0, 1) : series;
  return [
    `[${name}](benchmark-${name}.svg): ${title}`,
    told
      .map((one) => `${told.length > 1 ? `${one.name} ` : ''}${number(median(one.values))} ${one.unit}`)
      .join('<br>'),
    bars.map((bar) => `${isMet(bar) ? '✓' : '✗'} ${sentence(bar)}`).join('<br>'),
    `${environment.commit}${elsewhere}`,
  ];
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map((_, column) => (column === 1 ? '--:' : '---')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function read(): Results {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}; // the first run
    throw error;
  }
}
