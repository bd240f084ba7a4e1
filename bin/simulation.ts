import { spawn } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { transformSync } from '@swc/core';
import { MUTANTS, type Mutant } from '../test/simulation/mutants.ts';

const USAGE = `npm run simulation -- [--schedules 2000] [--seed 1] [--workers 1] [--path <of a failure>] [--mutant <name>]

Runs the server under simulated schedules, until one breaks a promise or all are done.
  --seed    the first one; each 500 schedules, and each worker, has its own
  --path    repeats one schedule, as a failure says
  --mutant  takes one cure out of the server first: ${Object.keys(MUTANTS).join(', ')}
`;

/** Seeds of one worker. */
const SEEDS = 1_000_000;

/** A constant, because the types of the compiler do not know that it rewrites the endings of imports. */
const JSC = {
  target: 'es2023',
  rewriteRelativeImportExtensions: true,
  parser: { syntax: 'typescript', decorators: true },
  transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
} as const;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '1' },
    path: { type: 'string' },
    mutant: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const mutant = values.mutant === undefined ? undefined : MUTANTS[values.mutant];
if (values.help || (values.mutant !== undefined && !mutant)) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 1);
}
const built = build(values.mutant ?? 'server', mutant);
const workers = Number(values.workers);
const children = Array.from({ length: workers }, (_, worker) => {
  const schedules = String(Math.ceil(Number(values.schedules) / workers));
  const seed = String(Number(values.seed) + worker * SEEDS);
  const path = values.path === undefined ? [] : ['--path', values.path];
  return spawn(process.execPath, [built, '--schedules', schedules, '--seed', seed, ...path], {
    stdio: 'inherit',
  });
});
const codes = await Promise.all(
  children.map(async (child) => {
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) for (const other of children) other.kill();
    return code;
  }),
);
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;

/** Compiles the server and its simulation, because Node alone knows no decorators. @returns what to run */
function build(name: string, mutant: Mutant | undefined): string {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const target = join(root, 'dist', 'simulation', name);
  rmSync(target, { recursive: true, force: true });
  const sources = [
    'src/**/*.ts',
    'test/simulation/**/*.ts',
    'chaos/{checker,random}.ts',
    'chaos/checks/*.ts',
  ];
  for (const file of globSync(sources, { cwd: root })) {
    if (file.endsWith('.test.ts')) continue;
    let text = readFileSync(join(root, file), 'utf8');
    if (mutant?.file === file) for (const [from, to] of mutant.changes) text = replaceOnce(text, from, to);
    const { code } = transformSync(text, {
      filename: file,
      jsc: JSC,
      module: { type: 'es6' },
      sourceMaps: 'inline',
    });
    const output = join(target, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, code);
  }
  return join(target, 'test', 'simulation', 'run.js');
}

function replaceOnce(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) throw new Error(`the mutant's text is not there once: ${from}`);
  return text.replace(from, () => to);
}
