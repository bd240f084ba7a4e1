import { gzipSync } from 'node:zlib';
import { temporaryDatabase } from '../support/app.js';
import { anOrder, get, post, until, untilStatus } from '../support/client.js';
import { RawClient, request } from '../support/raw.js';
import { ServerProcess } from '../support/server.js';

describe('when nobody reads the log any more', () => {
  const database = temporaryDatabase();
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start({
      DATABASE_URL: database.url,
      PROCESSING_TIME_MS: 0,
      LOG_LEVEL: 'debug',
    });
    server.process.stdout?.destroy();
    server.process.stderr?.destroy();
  });
  afterAll(async () => {
    await server.kill();
    database.remove();
  });

  it('goes on taking and processing orders', async () => {
    expect((await post(`${server.url}/orders`, '{')).status).toBe(400); // at this level it writes a line
    expect((await post(`${server.url}/orders`, anOrder({ order_id: 'unread' }))).status).toBe(201);
    await untilStatus(server.url, 'unread', 'Completed');
  });

  it('stops when it is told to, with 0', async () => {
    expect(await server.stop()).toBe(0);
  });
});

describe('a log line', () => {
  it.each([
    ['plain', {}, (text: string) => Buffer.from(text)],
    ['compressed', { 'content-encoding': 'gzip' }, (text: string) => gzipSync(text)],
  ])('has the id of the request also when its %s body came in pieces', async (_, headers, encode) => {
    const database = temporaryDatabase();
    const server = await ServerProcess.start({ DATABASE_URL: database.url, LOG_LEVEL: 'debug' });
    const body = encode('{}');
    const type = { 'content-type': 'application/json', 'content-length': `${body.length}` };
    const client = await RawClient.open(server.url);
    await client.send(request('POST', '/orders', '', { ...type, ...headers, 'x-request-id': 'in-pieces' }));
    for (const byte of body) {
      await client.send(Buffer.from([byte]));
      await get(`${server.url}/health/live`); // the server has seen the byte by then, or will
    }
    const line = await until(
      async () => server.log.find((text) => text.includes('"message":"400 ')) ?? '',
      (text) => text !== '',
    );
    client.socket.destroy();
    await server.kill();
    database.remove();
    expect(JSON.parse(line)).toMatchObject({
      message: '400 The request has 3 problems.',
      request_id: 'in-pieces',
    });
  });
});
