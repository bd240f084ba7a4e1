import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { get, until } from '../support/client.js';
import { RawClient, request } from '../support/raw.js';
import { ServerProcess } from '../support/server.js';

const PING = request('GET', '/health/live');

describe('a client that finds MAX_CONNECTIONS open', () => {
  const LIMIT = 5;
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp({ config: { MAX_CONNECTIONS: LIMIT } });
  });
  afterAll(() => server.close());

  it('is disconnected unheard, and served when one of them has ended', async () => {
    const clients = await Promise.all(Array.from({ length: LIMIT }, () => RawClient.open(server.url)));
    for (const client of clients) {
      await client.send(PING);
      await until(async () => client.answers.length === 1);
    }
    const tooMany = await RawClient.open(server.url);
    await tooMany.send(PING);
    expect(await tooMany.end()).toBe('');

    await clients[0]?.send(PING); // those that are there go on
    await until(async () => clients[0]?.answers.length === 2);

    clients.pop()?.socket.destroy();
    const isServed = async () => {
      const next = await RawClient.open(server.url);
      await next.send(request('GET', '/health/live', '', { connection: 'close' }));
      return (await next.end()) !== '';
    };
    await until(isServed);
    for (const client of clients) client.socket.destroy();
  });
});

describe('a thousand clients that come at once', () => {
  const database = temporaryDatabase();
  let server: ServerProcess;
  beforeAll(async () => (server = await ServerProcess.start({ DATABASE_URL: database.url })));
  afterAll(async () => {
    await server.kill();
    database.remove();
  });

  /** What the system lets a program ask for. */
  const SOMAXCONN = '/proc/sys/net/core/somaxconn';
  const count = Math.min(1000, existsSync(SOMAXCONN) ? Number(readFileSync(SOMAXCONN, 'utf8')) : 128);

  it('are all connected before the server has accepted any of them', async () => {
    server.process.kill('SIGSTOP');
    const { hostname, port } = new URL(server.url);
    let connected = 0;
    const clients = Array.from({ length: count }, () =>
      connect(Number(port), hostname)
        .on('connect', () => connected++)
        .on('error', () => undefined),
    );
    try {
      // one that finds no place waits for as long as the server stands still
      await until(
        async () => connected,
        (now) => now === count,
      );
    } finally {
      server.process.kill('SIGCONT');
      for (const client of clients) client.destroy();
    }
    expect((await get(`${server.url}/health/live`)).status).toBe(200);
  });
});
