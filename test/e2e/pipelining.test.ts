import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { BareServer, type Handle } from '../support/bare.server.js';
import { get, until } from '../support/client.js';
import { RawClient, request } from '../support/raw.js';

const MANY = 20_000;
/** What Node reads from a socket at a time. */
const READ_BYTES = 65_536;

describe('a client that pipelines', () => {
  let server: BareServer;
  let begun: number;
  let underWay: number;
  let mostUnderWay: number;
  let held: (() => void)[] | undefined; // answers that wait for the test
  beforeEach(() => {
    begun = underWay = mostUnderWay = 0;
    held = undefined;
  });
  afterEach(() => server.close());

  /** Answers with the path, or with the length of the body where there is one. */
  const handle: Handle = (incoming, response: ServerResponse) => {
    if (incoming.url === '/alone') return void response.end();
    begun++;
    mostUnderWay = Math.max(mostUnderWay, ++underWay);
    response.once('finish', () => underWay--);
    const answer = async () => {
      const body = await text(incoming);
      response.end(body ? `${body.length}\n` : `${incoming.url?.slice(1)}\n`);
    };
    if (held) held.push(() => void answer());
    else setImmediate(() => void answer());
  };
  const start = async () => (server = await BareServer.start({}, handle));

  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  const requests = (count: number) => numbers(count).map((index) => request('GET', `/${index}`));
  /** The answers' bodies, each of which is a number in a line. */
  const answered = ({ received }: RawClient) =>
    [...received.matchAll(/^(\d+)$/gm)].map(([number]) => Number(number));
  const lastAnswer = (client: RawClient, number: number) =>
    until(async () => client.received.endsWith(`\n${number}\n`));

  it('is answered in turn, however much it sends, while at most 100 of its requests are under way', async () => {
    await start();
    const client = await RawClient.open(server.url);
    await client.send(requests(MANY).join(''));
    await lastAnswer(client, MANY - 1);
    expect(answered(client)).toEqual(numbers(MANY));
    expect(mostUnderWay).toBe(100);
    client.socket.destroy();
  });

  it('is read no further while its requests wait for their turn, and then to the end', async () => {
    held = [];
    await start();
    const client = await RawClient.open(server.url);
    const sent = client.send(requests(MANY).join(''));
    await until(async () => begun === 100);
    for (let turn = 0; turn < 100; turn++) await get(`${server.url}/alone`); // would be enough to read on
    expect(begun).toBe(100);
    expect(server.sockets[0]?.bytesRead).toBeLessThanOrEqual(READ_BYTES);
    const first = held;
    held = undefined;
    for (const answer of first) answer();
    await lastAnswer(client, MANY - 1);
    expect(answered(client)).toEqual(numbers(MANY));
    await sent;
    client.socket.destroy();
  });

  it('may send a long body behind requests that wait', async () => {
    await start();
    const client = await RawClient.open(server.url);
    const body = 'x'.repeat(1_000_000);
    await client.send(requests(150).join('') + request('POST', '/', body) + request('GET', '/150'));
    await lastAnswer(client, 150);
    expect(answered(client)).toEqual([...numbers(150), body.length, 150]);
    client.socket.destroy();
  });

  it('and then goes away does not hold its connection', async () => {
    held = [];
    await start();
    const client = await RawClient.open(server.url);
    await client.send(requests(500).join(''));
    await until(async () => begun === 100);
    client.socket.destroy();
    const first = held;
    held = undefined;
    for (const answer of first) answer();
    await until(
      () => server.connections(),
      (open) => open === 0,
    );
  });
});
