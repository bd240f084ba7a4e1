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
  const sections = benchmarks.flatMap(({ name }) => (results[name] ? section(name, results[name]) : []));
  const text = [before, BEGIN, '\n\n', sections.join('\n\n'), '\n\n', END, after].join('');
  const config = await resolveConfig(PAGE);
  writeFileSync(PAGE, await format(text, { ...config, parser: 'markdown' }));
}

function section(name: string, { title, series, bars, environment }: Results[string]): string {
  const { machine, versions, commit, at } = environment;
  return [
    `### ${name}`,
    `${title}.`,
    `![${title}](benchmark-${name}.svg)`,
    table(
      ['', 'median', 'spread', ''],
      series.map((one) => [one.name, number(median(one.values)), spread(one), one.unit]),
    ),
    bars.map((bar) => `- ${isMet(bar) ? '✓' : '✗'} ${sentence(bar)}`).join('\n'),
    `_${at.slice(0, 10)}, commit ${commit}, ${machine}; ${versions}_`,
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
