import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { jest } from '@jest/globals';
import { HttpConnections } from '../../src/http/server/http.connections.js';
import { BareServer, type Handle } from '../support/bare.server.js';
import { get, until } from '../support/client.js';
import { RawClient, request } from '../support/raw.js';

const MIB = 1_048_576;
/** More than the system keeps for a client that does not read. */
const LONG = 32 * MIB;

describe('a client that does not read', () => {
  let server: BareServer;
  afterEach(() => server.close());

  const long = Buffer.alloc(LONG, 'x');
  const handle: Handle = ({ url }, response: ServerResponse) => {
    if (url === '/long') response.writeHead(200, { 'content-length': LONG }).end(long);
    else if (url === '/stream') Readable.from([long, long]).pipe(response);
    else if (url === '/short') response.end('x'.repeat(MIB));
    else response.end('here');
  };
  const start = async (timeoutMs: number) =>
    (server = await BareServer.start(
      { headersTimeout: timeoutMs, requestTimeout: timeoutMs, closeTimeout: 20_000 },
      handle,
    ));
  const unreadBy = async (bytes: string) => {
    const client = await RawClient.open(server.url);
    client.socket.pause();
    await client.send(bytes);
    return client;
  };
  const isClosed = () =>
    until(
      () => server.connections(),
      (open) => open === 0,
    );

  it.each([
    ['one long answer', request('GET', '/long')],
    ['many answers', request('GET', '/short').repeat(LONG / MIB)],
    ['an answer that is a stream', request('GET', '/stream')],
    ['an answer, and then sends what cannot be read,', `${request('GET', '/long')}GARBAGE\r\n\r\n`],
    ['an answer, and then half a request,', `${request('GET', '/long')}GET / HTTP/1.1\r\nhost:`],
  ])('%s loses its connection', async (_, bytes) => {
    await start(300);
    const client = await unreadBy(bytes);
    await isClosed();
    client.socket.destroy();
  });

  it('loses its connection though it sends something from time to time', async () => {
    await start(300);
    const client = await unreadBy(request('GET', '/long'));
    const sending = setInterval(() => client.socket.write('\r\n'), 50);
    await isClosed();
    clearInterval(sending);
    client.socket.destroy();
  });

  it('but slowly, is served to the end, and so are others meanwhile', async () => {
    const timeoutMs = 1000;
    await start(timeoutMs);
    const beganMs = performance.now();
    const client = await unreadBy(request('GET', '/long'));
    let bytes = 0;
    let upTo = 0;
    client.socket.on('data', (text: string) => {
      bytes += text.length;
      if (bytes >= upTo) client.socket.pause(); // here, for a poll would come after many more
    });
    while (bytes < LONG) {
      upTo = Math.min(bytes + 4 * MIB, LONG);
      client.socket.resume();
      await until(async () => bytes >= upTo);
      await new Promise((resolve) => setTimeout(resolve, timeoutMs / 3)); // what makes it slow
      expect((await get(server.url)).body).toBe('here');
    }
    expect(performance.now() - beganMs).toBeGreaterThan(2 * timeoutMs);
    client.socket.destroy();
  });

  it('but slowly, has its whole answer when the server is told to stop meanwhile', async () => {
    await start(20_000);
    const client = await unreadBy(request('GET', '/long', '', { connection: 'close' }));
    await until(async () => (server.sockets[0]?.writableLength ?? 0) > 0);
    const looks = jest.spyOn(HttpConnections.prototype, 'closeIdle');
    const closed = server.close();
    await until(async () => looks.mock.calls.length >= 2);
    client.socket.resume();
    expect((await client.end()).length).toBeGreaterThan(LONG);
    await closed;
  });

  it('and waits long for an answer that takes long to make keeps its connection', async () => {
    let answer: (() => void) | undefined;
    server = await BareServer.start(
      { headersTimeout: 100, requestTimeout: 100, closeTimeout: 0 },
      (_, response) => (answer = () => void response.end('at last')),
    );
    const client = await RawClient.open(server.url);
    await client.send(request('GET', '/', '', { connection: 'close' }));
    await until(async () => answer !== undefined);
    const late = await RawClient.open(server.url);
    await late.send('GET / HTTP/1.1\r\n');
    expect(await late.end()).toContain('408'); // the time-outs are over
    answer?.();
    expect(await client.end()).toContain('at last');
  });
});
