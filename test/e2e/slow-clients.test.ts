import { once } from 'node:events';
import { connect, type Server } from 'node:net';
import { promisify } from 'node:util';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until } from '../support/client.js';
import { RawClient, request } from '../support/raw.js';

const openConnections = ({ app }: RunningApp) => {
  const server = app.getHttpServer() as Server; // Nest's type is any
  return promisify(server.getConnections.bind(server))();
};

describe('a slow client', () => {
  let forHeaders: RunningApp; // patient with bodies
  let forBodies: RunningApp;
  beforeAll(async () => {
    forHeaders = await startApp({ config: { HEADERS_TIMEOUT_MS: 300, REQUEST_TIMEOUT_MS: 600_000 } });
    forBodies = await startApp({ config: { HEADERS_TIMEOUT_MS: 300, REQUEST_TIMEOUT_MS: 600 } });
  });
  afterAll(async () => {
    await forHeaders.close();
    await forBodies.close();
  });

  const order = JSON.stringify(anOrder());
  /** Sends one byte after the other for as long as the server listens. */
  async function trickle(client: RawClient, text: string): Promise<void> {
    for (const byte of text) {
      if (client.socket.destroyed || !client.socket.writable) return;
      await client.send(byte);
      await new Promise((resolve) => setTimeout(resolve, 10)); // what makes it slow
    }
  }

  it.each<[string, (client: RawClient) => Promise<void>]>([
    [
      'sends its headers byte by byte',
      (client) => trickle(client, request('POST', '/orders', order).repeat(20)),
    ],
    ['never finishes its headers', (client) => client.send('GET /orders HTTP/1.1\r\nHost: a\r\n')],
    ['never finishes its body', (client) => client.send(request('POST', '/orders', order).slice(0, -1))],
    [
      'sends its body byte by byte',
      async (client) => {
        const whole = request('POST', '/orders', JSON.stringify(anOrder({ user_id: 'x'.repeat(128) })));
        await client.send(whole.slice(0, -200));
        await trickle(client, whole.slice(-200));
      },
    ],
  ])('that %s gets a 408 and loses its connection, while others are served', async (what, send) => {
    const server = what.includes('headers') ? forHeaders : forBodies;
    const client = await RawClient.open(server.url);
    const sending = send(client);
    expect((await post(`${server.url}/orders`, anOrder())).status).toBe(201);
    expect((await get(`${server.url}/health/ready`)).status).toBe(200);
    await client.end();
    await sending;
    const [answer, ...more] = client.answers;
    expect(more).toEqual([]);
    expect(answer?.status).toBe(408);
    expect(answer?.headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ status: 408, title: 'Request Timeout' });
  });

  it('that says nothing at all loses its connection', async () => {
    const client = await RawClient.open(forHeaders.url);
    await client.end();
    expect(client.answers.every(({ status }) => status === 408)).toBe(true);
  });

  it.each([
    ['never finishes its headers', 'GET /orders HTTP/1.1\r\nHost: a\r\n'],
    ['sends what is not HTTP', 'what is this?\r\n\r\n'],
    ['asks for the end of its connection', request('GET', '/health/live', '', { connection: 'close' })],
  ])('that %s, and keeps its own side open, loses its connection', async (_, bytes) => {
    const connections = () => openConnections(forHeaders);
    await until(connections, (open) => open === 0);
    const { hostname, port } = new URL(forHeaders.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.on('error', () => undefined).resume(); // a reset is an end like any other
    socket.write(bytes);
    await once(socket, 'end');
    await until(connections, (open) => open === 0);
    socket.destroy();
  });

  it('that announces large bodies and never sends them does not keep out small orders', async () => {
    const clients = await Promise.all(Array.from({ length: 100 }, () => RawClient.open(forBodies.url)));
    const large = request('POST', '/orders/batch', 'x', { 'content-length': '4000000' });
    await Promise.all(clients.map((client) => client.send(large)));
    expect((await post(`${forBodies.url}/orders`, anOrder())).status).toBe(201);
    const ends = await Promise.all(clients.map((client) => client.end()));
    expect(ends.every((bytes) => /^HTTP\/1\.1 (408|503) /.test(bytes))).toBe(true);
  });
});
