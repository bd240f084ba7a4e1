import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Book } from '../../chaos/clients/book.js';
import { Clients } from '../../chaos/clients/clients.js';
import { until } from '../support/client.js';

/** What a broken server may answer to an order. */
const RECEIPT = JSON.stringify({ order_id: 'always-the-same', status: 'Pending' });

describe("a campaign's clients", () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** The book of clients after they have done some hundred things on a server that answers so. */
  async function bookOf(answer: RequestListener, seed = 1): Promise<Book> {
    server = createServer((request, response) => {
      request.resume().on('end', () => answer(request, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const book = new Book();
    const clients = new Clients({ rate: 1000, seed, book });
    clients.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`); // it listens on TCP
    clients.start();
    await until(async () => book.orders.length > 400);
    await clients.finish();
    await clients.disconnect();
    return book;
  }

  it('notice orders that are created twice, with two contents, under one id, or forgotten', async () => {
    const { wrong } = await bookOf(({ method }, response) =>
      response.writeHead(method === 'POST' ? 201 : 404).end(RECEIPT),
    );
    for (const what of [
      /created twice/,
      /taken with two contents/,
      /both called always-the-same/,
      /, then always-the-same/,
      /, read: 404/,
      /, cancel: 201/,
      /^a list: 404/,
      /^bulk retry of \d+: 201/,
    ])
      expect(wrong).toContainEqual(expect.stringMatching(what));
  });

  it.each([400, 409, 413, 422, 500])(
    'notice an order that is refused with %i for no reason',
    async (status) => {
      const { wrong, acknowledged } = await bookOf((_, response) => response.writeHead(status).end('{}'));
      expect(wrong).toContainEqual(expect.stringMatching(new RegExp(`^chaos-1-\\d+: ${status} `)));
      expect(acknowledged.size).toBe(0);
    },
  );

  it('post again what was refused with 503', async () => {
    const refused = new Set<string>();
    let isFull = true;
    const { acknowledged, wrong, orders } = await bookOf((request, response) => {
      const key = request.headers['idempotency-key'];
      if (request.url === '/orders/batch') return void response.writeHead(413).end('{}');
      if (typeof key !== 'string') return void response.end('{}');
      isFull = !isFull;
      if (isFull) refused.add(key);
      response.writeHead(isFull ? 503 : 200).end(JSON.stringify({ order_id: key }));
    });
    expect(refused.size).toBeGreaterThan(0);
    expect(wrong.filter((line) => /503/.test(line))).toEqual([]);
    const posted = orders.filter(({ hasKey }) => hasKey);
    expect(posted.filter(({ name }) => !acknowledged.has(name))).toEqual([]);
  });
});
