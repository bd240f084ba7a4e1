import { writeFileSync } from 'node:fs';
import { temporaryDatabase } from '../support/app.js';
import { get } from '../support/client.js';
import { ServerProcess, startInVain } from '../support/server.js';

describe('a start', () => {
  const database = temporaryDatabase();
  afterAll(() => database.remove());

  it('says where it listens, and which Node it runs on', async () => {
    const server = await ServerProcess.start({ DATABASE_URL: database.url, LOG_LEVEL: 'info' });
    const ready = server.log.find((line) => line.includes('ready on'));
    const { status } = await get(`${server.url}/health/ready`);
    await server.stop();
    expect(ready).toMatch(/ready on http:\/\/127\.0\.0\.1:\d+ .*Node v24\./);
    expect(status).toBe(200);
  });

  it('with a bad configuration names every problem, and exits with 1', async () => {
    const { code, said } = await startInVain({
      DATABASE_URL: 'redis://nowhere',
      PORT: 70_000,
      MAX_ATTEMPTS: 'many',
      PROCESSOR_CONCURRENCY: 0,
      LOG_LEVEL: 'loud',
    });
    expect(code).toBe(1);
    for (const problem of [
      'DATABASE_URL="redis://nowhere"',
      'PORT="70000"',
      'MAX_ATTEMPTS="many"',
      'PROCESSOR_CONCURRENCY="0"',
      'LOG_LEVEL="loud"',
    ])
      expect(said).toContain(`${problem}: must be `);
    expect(said).not.toMatch(/\bat .+:\d+:\d+/);
  });

  it('on a file that another server holds is refused, saying so, and the other goes on', async () => {
    const first = await ServerProcess.start({ DATABASE_URL: database.url });
    const { code, said } = await startInVain({ DATABASE_URL: database.url });
    const { status } = await get(`${first.url}/health/ready`);
    await first.stop();
    expect(code).toBe(1);
    expect(said).toContain(`${database.file} is in use by another Ordermill process`);
    expect(status).toBe(200);
  });

  it('on a file that was held is possible again after a SIGKILL', async () => {
    const first = await ServerProcess.start({ DATABASE_URL: database.url });
    await first.kill();
    const second = await ServerProcess.start({ DATABASE_URL: database.url });
    expect(await second.stop()).toBe(0);
  });

  it('on a port that is taken is refused, saying so', async () => {
    const first = await ServerProcess.start({ DATABASE_URL: database.url });
    const { code, said } = await startInVain({
      DATABASE_URL: `${database.url}-2`,
      PORT: new URL(first.url).port,
    });
    await first.stop();
    expect(code).toBe(1);
    expect(said).toContain('EADDRINUSE');
  });

  it('on a file that is no database is refused, and the file stays as it was', async () => {
    const file = `${database.file}-text`;
    writeFileSync(file, 'not a database, but somebody’s letter\n'.repeat(100));
    const { code, said } = await startInVain({ DATABASE_URL: `sqlite:${file}` });
    expect(code).toBe(1);
    expect(said).toMatch(/not a database/);
  });
});
