import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import type { Benchmark, Findings } from './benchmark.ts';
import type { Environment } from './environment.ts';
import { plot } from './plot.ts';
import { isMet, number, sentence, spread } from './report.ts';
import { median } from './statistics.ts';

type Results = Record<string, { title: string; environment: Environment } & Findings>;

const RESULTS = new URL('../results.json', import.meta.url);
const DOCS = new URL('../../docs/', import.meta.url);
const PAGE = new URL('performance.md', DOCS);

/** The page holds prose, and between these marks what was measured. */
const [BEGIN, END] = ['<!-- measured: begin -->', '<!-- measured: end -->'];

/** Keeps what was found: `bench/results.json`, a picture of each benchmark, and the tables of `docs/performance.md`. */
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
  const sections = kept.map((one) =>
    section(one, placeOf(one.environment) === place ? '' : `, ${placeOf(one.environment)}`),
  );
  return [`On ${place}.`, ...sections].join('\n\n');
}

function placeOf({ machine, versions }: Environment): string {
  return `${machine}; ${versions}`;
}

function section(
  { name, title, series, bars, environment }: Results[string] & { name: string },
  elsewhere: string,
): string {
  const { commit, at } = environment;
  return [
    `### ${name}`,
    `${title} ([picture](benchmark-${name}.svg), ${at.slice(0, 10)}, commit ${commit}${elsewhere}).`,
    table(
      ['', 'median', 'spread', ''],
      series.map((one) => [one.name, number(median(one.values)), spread(one), one.unit]),
    ),
    bars.map((bar) => `- ${isMet(bar) ? '✓' : '✗'} ${sentence(bar)}`).join('\n'),
  ].join('\n\n');
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
