import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { anOrder, post } from './client.js';
import { request } from './raw.js';

/** A client's attempt to make the server hold as much as possible, and what the server may take at most while it lasts. */
export interface Attack {
  name: string;
  /** Of the whole process (resident set), in MiB. */
  boundMib: number;
  /** Resolves when all is sent that the server takes. The sockets are destroyed by the caller. */
  mount: (server: { url: string; port: number }) => Promise<Socket[]>;
}

/** `count` clients that send these bytes and read nothing. */
async function unreading(port: number, count: number, bytes: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let index = 0; index < count; index++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined); // the server may cut it
    sockets.push(socket.pause());
    await once(socket, 'connect');
    if (bytes) socket.write(bytes);
  }
  return sockets;
}

/** A little less than MAX_CONNECTIONS, for those who are to be served meanwhile. */
const ALL = 4000;
const HEADER = `x-filler: ${'x'.repeat(7900)}\r\n`;
const SMALL_HEADERS = Array.from({ length: 1500 }, (_, index) => `h${index}:v\r\n`).join('');
const LARGE_ORDER = anOrder({
  order_id: 'large',
  item_ids: Array.from({ length: 1000 }, (_, index) => `${index}`.padEnd(128, 'x')),
});

/** One entry for each thing that a client can make the server hold; `docs/reliability.md` has the same table. */
export const ATTACKS: Attack[] = [
  {
    name: 'unread answers, large',
    boundMib: 640,
    mount: async ({ url, port }) => {
      await post(`${url}/orders`, LARGE_ORDER);
      return unreading(port, 200, request('GET', '/orders/large').repeat(100));
    },
  },
  {
    name: 'unread answers, many of middle size',
    boundMib: 640,
    mount: ({ port }) => unreading(port, 50, request('GET', '/openapi.json').repeat(100)),
  },
  { name: 'idle connections', boundMib: 400, mount: ({ port }) => unreading(port, ALL, '') },
  {
    name: 'connections with half of their headers',
    boundMib: 480,
    mount: ({ port }) => unreading(port, ALL, `GET / HTTP/1.1\r\nhost: a\r\n${HEADER}${HEADER}`),
  },
  {
    name: 'connections with many small headers, unfinished',
    boundMib: 640,
    mount: ({ port }) => unreading(port, ALL, `GET / HTTP/1.1\r\nhost: a\r\n${SMALL_HEADERS}`),
  },
  {
    name: 'pipelined requests, on one connection',
    boundMib: 400,
    mount: ({ port }) => unreading(port, 1, request('GET', '/health/live').repeat(20_000)),
  },
  {
    name: 'pipelined requests, on many connections',
    boundMib: 480,
    mount: ({ port }) => unreading(port, 100, request('GET', '/health/live').repeat(1000)),
  },
];
