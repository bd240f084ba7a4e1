import { parseArgs } from 'node:util';
import { backlog } from './benchmarks/backlog.ts';
import { batch } from './benchmarks/batch.ts';
import { cluster } from './benchmarks/cluster.ts';
import { cpu } from './benchmarks/cpu.ts';
import { drain } from './benchmarks/drain.ts';
import { estimate } from './benchmarks/estimate.ts';
import { growth } from './benchmarks/growth.ts';
import { intake } from './benchmarks/intake.ts';
import { keys } from './benchmarks/keys.ts';
import { logging } from './benchmarks/logging.ts';
import { loop } from './benchmarks/loop.ts';
import { memory } from './benchmarks/memory.ts';
import { reads } from './benchmarks/reads.ts';
import { sizing } from './benchmarks/sizing.ts';
import { start } from './benchmarks/start.ts';
import { streams } from './benchmarks/streams.ts';
import { sustained } from './benchmarks/sustained.ts';
import type { Benchmark, Scale } from './harness/benchmark.ts';
import { environment, warnIfBusy } from './harness/environment.ts';
import { endLoad } from './harness/load.ts';
import { isMet, print } from './harness/report.ts';
import { keep } from './harness/results.ts';

const BENCHMARKS: Benchmark[] = [
  intake,
  sustained,
  batch,
  drain,
  cpu,
  keys,
  logging,
  reads,
  growth,
  backlog,
  memory,
  loop,
  streams,
  estimate,
  start,
  cluster,
  sizing,
];

const HELP = `Measures Ordermill beside its baselines, in turn, in the same run.

  npm run bench                  all that need nothing else, about 15 minutes; writes bench/results.json and docs/
  npm run bench -- <name> …      only these: ${BENCHMARKS.map(({ name }) => name).join(', ')}
  npm run bench -- cluster       and sizing need PostgreSQL at TEST_POSTGRES_URL
  BENCH_BEFORE=<dist/src/main.js of another build> npm run bench -- cpu    says what a change costs
  npm run bench -- --check       fails when a bar is missed
  npm run bench -- --quick       only sees that they run: its figures mean nothing and are not kept
`;

const FULL: Scale = { quick: false, rounds: 9, seconds: 1.5, orders: (full) => full };
const QUICK: Scale = { quick: true, rounds: 1, seconds: 0.5, orders: (full) => Math.max(1000, full / 100) };

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});
if (options.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const unknown = names.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark called ${unknown.join(', ')}.\n\n${HELP}`);
  process.exit(2);
}

process.setMaxListeners(0); // every server and folder of a run is tidied away at its end
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const chosen = BENCHMARKS.filter(({ name, needs }) => (names.length === 0 ? !needs : names.includes(name)));
warnIfBusy();
for (const benchmark of chosen) {
  const findings = await benchmark.run(options.quick ? QUICK : FULL);
  print(benchmark, findings);
  if (!options.quick)
    await keep(BENCHMARKS, {
      [benchmark.name]: { title: benchmark.title, environment: environment(), ...findings },
    });
  if (options.check && !options.quick && !findings.bars.every(isMet)) process.exitCode = 1;
}
endLoad();
