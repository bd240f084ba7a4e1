import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { transformSync } from '@swc/core';
import { mutantsOf, type Mutant } from './mutants.ts';

/**
 * Changes the source in one small way after the other, and runs the tests that should notice. A mutant that no test
 * notices is a line that could be wrong: `npm run mutate`. The tests stand beside the files that they are to hold.
 */
const SUITES: [files: string[], tests: string[]][] = [
  [
    ['src/queue/memory.driver.ts', 'src/queue/queue.service.ts'],
    ['test/unit/queue', 'test/contract/memory.driver', 'test/e2e/processing.test', 'test/e2e/wake-up'],
  ],
  [
    ['src/queue/bullmq.driver.ts', 'src/queue/backlog.cursor.ts'],
    ['test/contract/bullmq.driver', 'test/e2e/worker'],
  ],
  [
    [
      'src/processing/order.processor.ts',
      'src/processing/attempt.runner.ts',
      'src/processing/retry.schedule.ts',
      'src/processing/retry.policy.ts',
      'src/processing/order.recovery.ts',
      'src/processing/processing.schedule.ts',
      'src/processing/backlog.feed.ts',
      'src/processing/lease.renewal.ts',
    ],
    [
      'test/unit/retry.policy',
      'test/e2e/processing',
      'test/e2e/bad-handlers',
      'test/e2e/clock-steps',
      'test/e2e/leases',
      'test/e2e/worker',
      'test/e2e/suspicion',
      'test/e2e/shutdown',
    ],
  ],
  [
    [
      'src/common/batcher.ts',
      'src/orders/store/group.commit.ts',
      'src/orders/store/table.state.ts',
      'src/orders/store/idempotency.ts',
    ],
    [
      'test/unit/batcher',
      'test/contract/sqlite.store',
      'test/contract/server.store',
      'test/e2e/leases',
      'test/e2e/backlog-limit',
      'test/e2e/acceptance-order',
    ],
  ],
];

/** One that takes this many times as long as without it hangs, and is noticed too. */
const PATIENCE = 3;
const LONGEST_MS = 600_000;

const SWC = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: 'es6' },
} as const;

const { values } = parseArgs({
  options: { file: { type: 'string', default: '' }, shard: { type: 'string', default: '1/1' } },
});
const [shard = 1, shards = 1] = values.shard.split('/').map(Number);
const root = new URL('../..', import.meta.url).pathname;
const copy = mkdtempSync(join(tmpdir(), 'ordermill-mutants-'));
for (const name of [
  'src',
  'test',
  'chaos',
  'bin',
  'dist',
  'jest.config.js',
  'package.json',
  'tsconfig.json',
  'ormconfig.ts',
  '.env',
  'README.md',
])
  cpSync(join(root, name), join(copy, name), { recursive: true });
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

let killed = 0;
const alive: string[] = [];
for (const [files, tests] of SUITES)
  for (const file of files.filter((name) => name.includes(values.file))) {
    const source = readFileSync(join(root, file), 'utf8');
    const startMs = performance.now();
    if (!(await passes(tests, LONGEST_MS))) throw new Error(`the tests of ${file} fail without any mutant`);
    const timeoutMs = Math.ceil(PATIENCE * (performance.now() - startMs));
    for (const [index, mutant] of mutantsOf(file, source).entries()) {
      if (index % shards !== shard - 1) continue;
      place(file, apply(source, mutant));
      const line = `${file}:${mutant.line}  ${describe(source, mutant)}`;
      if (await passes(tests, timeoutMs)) alive.push(line);
      else killed++;
      console.log(`${alive.at(-1) === line ? 'ALIVE ' : 'killed'} ${line}`);
    }
    place(file, source);
  }
rmSync(copy, { recursive: true });
console.log(`\n${killed} killed, ${alive.length} alive`);
for (const line of alive) console.log(`  ${line}`);

/** Into what is built, too: some suites start that. */
function place(file: string, text: string): void {
  writeFileSync(join(copy, file), text);
  const { code } = transformSync(text, { ...SWC, filename: file });
  writeFileSync(join(copy, 'dist', file.replace(/\.ts$/, '.js')), code);
}

function apply(source: string, { start, end, text }: Mutant): string {
  return source.slice(0, start) + text + source.slice(end);
}

function describe(source: string, { start, end, text }: Mutant): string {
  const before = source.slice(source.lastIndexOf('\n', start) + 1, start).trim();
  return `${before} [${source.slice(start, end)} → ${text}]`.replaceAll(/\s+/g, ' ').slice(0, 140);
}

function passes(tests: string[], timeout: number): Promise<boolean> {
  const jest = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--runInBand',
      '--bail',
      '--silent',
      '--forceExit',
      ...tests,
    ],
    { cwd: copy, stdio: 'ignore', timeout, killSignal: 'SIGKILL' },
  );
  return new Promise((resolve) => jest.once('exit', (code) => resolve(code === 0)));
}
