import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startApp } from '../support/app.js';
import { get } from '../support/client.js';

const run = promisify(execFile);

const SPECTRAL = 'node_modules/@stoplight/spectral-cli/dist/index.js';
const REDOCLY = 'node_modules/@redocly/cli/bin/cli.js';
const OFFLINE = { ...process.env, REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NODE_OPTIONS: '' };

describe('the OpenAPI document', () => {
  let directory: string;
  let file: string;
  beforeAll(async () => {
    const server = await startApp();
    const { body } = await get(`${server.url}/openapi.json`);
    await server.close();
    directory = mkdtempSync(join(tmpdir(), 'ordermill-openapi-'));
    file = join(directory, 'openapi.json');
    writeFileSync(file, JSON.stringify(body, undefined, 2));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** Everything that a linter finds, as JSON; it exits with 1 when there is anything. */
  async function findings(linter: string, ...options: string[]): Promise<unknown> {
    const arguments_ = [linter, 'lint', ...options, file];
    const { stdout } = await run(process.execPath, arguments_, { env: OFFLINE }).catch(
      (error: { stdout: string }) => error,
    );
    return JSON.parse(stdout);
  }

  it('has nothing that Spectral would have otherwise', async () => {
    expect(await findings(SPECTRAL, '--format=json', '--quiet', '--fail-severity=hint')).toEqual([]);
  });

  it('has nothing that Redocly would have otherwise', async () => {
    expect(await findings(REDOCLY, '--format=json')).toMatchObject({
      totals: { errors: 0, warnings: 0, ignored: 0 },
      problems: [],
    });
  });
});
