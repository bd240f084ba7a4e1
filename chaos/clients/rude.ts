import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { between, type Random } from '../random.ts';
import type { ClientOrder } from './book.ts';
import type { Posting } from './posting.ts';
import type { Upstream } from './upstream.ts';

const UNREAD_ANSWERS = 3;
const UNREAD_FOR_MS = 2000;
const PIECES = 4;
const LONGEST_PAUSE_MS = 200;

/** Asks for long lists and reads none of them; keeps the connection for a while. */
export async function readNothing(upstream: Upstream): Promise<void> {
  const socket = await open(upstream);
  if (!socket) return;
  socket.pause();
  socket.write('GET /orders?limit=200 HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(UNREAD_ANSWERS));
  await Promise.race([wait(UNREAD_FOR_MS, undefined, { ref: false }), isClosed(socket)]);
  socket.destroy();
}

/** Sends an order in pieces, with pauses. One that is not answered is posted as others are. */
export async function sendSlowly(
  upstream: Upstream,
  posting: Posting,
  order: ClientOrder,
  random: Random,
): Promise<void> {
  const { headers = {}, body = '' } = await posting.request(order, 0);
  const bytes = Buffer.from(body);
  const lines = Object.entries({
    ...headers,
    host: 'localhost',
    connection: 'close',
    'content-length': bytes.length,
  });
  const head = `POST /orders HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  const status = await inPieces(upstream, Buffer.concat([Buffer.from(head), bytes]), random);
  if (status === undefined || status === 503) await posting.one(upstream, order);
  else posting.note(order, 0, { status, body: {} }, 'slow order');
}

/** @returns the status of the answer; undefined when there is none */
async function inPieces(upstream: Upstream, bytes: Buffer, random: Random): Promise<number | undefined> {
  const socket = await open(upstream);
  if (!socket) return undefined;
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  const closed = isClosed(socket);
  const length = Math.ceil(bytes.length / PIECES);
  for (let at = 0; at < bytes.length && !socket.destroyed; at += length) {
    socket.write(bytes.subarray(at, at + length));
    await wait(between(random, 0, LONGEST_PAUSE_MS));
  }
  await closed;
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(received)?.[1];
  return status === undefined ? undefined : Number(status);
}

async function open(upstream: Upstream): Promise<Socket | undefined> {
  const { hostname, port } = new URL(await upstream.url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
  } catch {
    return undefined; // the server is just gone
  }
  socket.on('error', () => undefined); // a reset is an end like any other
  return socket;
}

/** Resolves when the connection is closed or broken. */
function isClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
