import { execFile } from 'node:child_process';
import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { readTable } from '../support/table.js';

const MAIN = new URL('../../bin/simulate.ts', import.meta.url).pathname;

/** `npm run simulate -- …`: its exit status and what it said. */
function simulate(...options: string[]): Promise<{ code: unknown; said: string }> {
  return new Promise((resolve) =>
    execFile(process.execPath, [MAIN, ...options], (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, said: stdout + stderr }),
    ),
  );
}

describe('npm run simulate', () => {
  const database = temporaryDatabase();
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp({
      config: { DATABASE_URL: database.url, PROCESSING_TIME_MS: 0, QUEUE_MAX_PENDING: 1_000_000 },
    });
  });
  afterAll(async () => {
    await server.close();
    database.remove();
  });

  it('posts the orders, waits until all are Completed, and says so', async () => {
    const { code, said } = await simulate('--orders', '300', '--concurrency', '50', '--url', server.url);
    expect(said).toMatch(/accepted +300\b/);
    expect(said).toMatch(/lost +0\b/);
    expect(said).toMatch(/^posted +300\/300\n(.|\n)*^completed +300\/300\n/m); // in lines: this is no terminal
    expect(said).not.toContain('\u001b');
    expect(code).toBe(0);
    const [row] = readTable<{ count: number }>(
      database.file,
      `SELECT COUNT(*) AS count FROM orders WHERE status = 'Completed'`,
    );
    expect(row?.count).toBe(300);
  });

  it.each([
    [['--url', 'http://127.0.0.1:1'], 'No server answers at http://127.0.0.1:1'],
    [['--orders', '0'], '--orders must be a whole number'],
    [['--url', 'ftp://127.0.0.1'], '--url must be an http URL'],
  ])('ends with an error when told %j', async (options, why) => {
    const { code, said } = await simulate(...options);
    expect(said).toContain(why);
    expect(code).toBe(1);
  });
});
