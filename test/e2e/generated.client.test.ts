import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startApp, type RunningApp } from '../support/app.js';

const run = promisify(execFile);

const GENERATOR = 'node_modules/openapi-typescript/bin/cli.js';
const COMPILER = 'node_modules/typescript/bin/tsc';
const CHECKS = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noUnusedLocals'];
const MODULES = ['--target', 'es2023', '--module', 'nodenext', '--types', 'node', '--skipLibCheck'];

describe('a client that openapi-typescript generates from /openapi.json', () => {
  let server: RunningApp;
  let directory: string;

  /** A program of this project's, with its output; for Jest's own options it has no use. */
  async function node(...arguments_: string[]): Promise<string> {
    const env = { ...process.env, NODE_OPTIONS: '' };
    const { stdout } = await run(process.execPath, arguments_, { env }).catch((error: { stdout: string }) => {
      throw new Error(`${arguments_.join(' ')}\n${error.stdout}`, { cause: error });
    });
    return stdout;
  }

  beforeAll(async () => {
    server = await startApp();
    mkdirSync('dist', { recursive: true });
    directory = mkdtempSync(join('dist', 'client-')); // inside the project, whose packages it imports
  });
  afterAll(async () => {
    await server.close();
    rmSync(directory, { recursive: true });
  });

  it('is made, compiles under all checks, and refuses what the API would refuse', async () => {
    await node(GENERATOR, `${server.url}/openapi.json`, '--output', join(directory, 'openapi.ts'));
    copyFileSync('test/client/shop.ts', join(directory, 'shop.ts'));
    await node(COMPILER, ...CHECKS, ...MODULES, '--ignoreConfig', join(directory, 'shop.ts'));
  }, 60_000);

  it('does what a shop does, against a real server', async () => {
    const said: unknown = JSON.parse(await node(join(directory, 'shop.js'), server.url));
    expect(said).toEqual({
      amount: 29.99,
      wrong: ['must be a JSON object that is an order'],
      status: 'Completed',
      moves: ['Pending', 'Processing', 'Completed'],
      ids: ['7', '7'],
      tooLate: 'Order shop-1 cannot be cancelled: it is Completed.',
      retried: 0,
      accepted: '2',
      total: expect.any(Number),
      ready: 'ok',
    });
  }, 60_000);
});
