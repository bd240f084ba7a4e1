import { gzipSync } from 'node:zlib';
import { PLACES } from '../support/any.database.js';
import { anOrder, get, post, until } from '../support/client.js';
import { holdDatabase } from '../support/held.database.js';
import { KeptConnection } from '../support/kept.js';
import { MeasuredServer } from '../support/memory.js';
import { RawClient, request } from '../support/raw.js';

const MIB = 1_048_576;

/** An order whose body has this many bytes, with its own ids of items. */
function orderOf(bytes: number): string {
  const order = anOrder({ item_ids: Array.from({ length: 1000 }, (_, index) => `${index}`.padEnd(8, '-')) });
  const missing = bytes - JSON.stringify(order).length;
  const items = (order['item_ids'] as string[]).map((item, index) =>
    item.padEnd(8 + Math.floor((missing + index) / 1000), 'x'),
  );
  return JSON.stringify({ ...order, item_ids: items });
}

/** JSON of this many bytes whose values take far more. */
const manyValues = (bytes: number) => `[${'{},'.repeat(bytes / 3 - 1)}{}]`;

/** What takes the most memory for its bytes of all that an order may hold. */
const NUMBERS = Array.from({ length: 1000 }, (_, index) => 100 + (index % 900));

const GZIP = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
const gzipped = (text: string) => {
  const bytes = gzipSync(text);
  const head = request('POST', '/orders/batch', '', { ...GZIP, 'content-length': `${bytes.length}` });
  return Buffer.concat([Buffer.from(head), bytes]);
};
const batch = (entry: string) => `{"orders":[${JSON.stringify(anOrder())},${entry}]}`;

/** A body of 1-byte chunks, six bytes each on their way. */
const crumbs = (bytes: number) =>
  request('POST', '/orders', '', { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }) +
  '1\r\n \r\n'.repeat(bytes);

/** What clients do, on so many connections; each sends its bytes so many times. `most`: how far the server may grow. */
const ATTACKS: [what: string, attack: { clients: number; bytes: Buffer; times: number; most: number }][] = [
  [
    'orders of 61 KB, pipelined',
    { clients: 20, bytes: Buffer.from(request('POST', '/orders', orderOf(61_000))), times: 200, most: 500 },
  ],
  [
    'small orders, pipelined',
    { clients: 20, bytes: Buffer.from(request('POST', '/orders', orderOf(11_000))), times: 1000, most: 500 },
  ],
  [
    'orders of a thousand short numbers, pipelined',
    {
      clients: 20,
      bytes: Buffer.from(request('POST', '/orders', JSON.stringify(anOrder({ item_ids: NUMBERS })))),
      times: 2000,
      most: 500,
    },
  ],
  [
    '4 KB of gzip that are 4 MiB of a batch',
    { clients: 100, bytes: gzipped(batch('{}').padEnd(4 * MIB)), times: 1, most: 300 },
  ],
  [
    'batches with an entry of a million values',
    {
      clients: 20,
      bytes: Buffer.from(request('POST', '/orders/batch', batch(manyValues(3 * MIB)))),
      times: 5,
      most: 640,
    },
  ],
  [
    'a million values where no body is needed',
    {
      clients: 40,
      bytes: Buffer.from(request('POST', '/orders/none/cancel', manyValues(0.9 * MIB))),
      times: 5,
      most: 300,
    },
  ],
  ['bodies in chunks of one byte', { clients: 20, bytes: Buffer.from(crumbs(200_000)), times: 1, most: 150 }],
];

describe.each([PLACES.file, PLACES.postgres])('with the memory of `npm start`, on $name', (place) => {
  const ifThere = place.isThere ? it : it.skip;
  let database: Awaited<ReturnType<typeof place.create>>;
  let measured: MeasuredServer;
  let url: string;

  beforeEach(async () => {
    if (!place.isThere) return;
    database = await place.create();
    measured = await MeasuredServer.start({ DATABASE_URL: database.url, PROCESSING_TIME_MS: 0 });
    url = measured.server.url;
  });
  afterEach(async () => {
    if (!place.isThere) return;
    await measured.server.kill();
    await database.remove();
  });

  ifThere(
    'takes 500 orders of 64 KiB that come at once',
    async () => {
      const body = Buffer.from(orderOf(65_536));
      expect(body.length).toBe(65_536);
      const clients = Array.from({ length: 500 }, () => new KeptConnection(`${url}/orders`));
      const answers = await Promise.all(clients.map((client) => client.post(body)));
      expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
      for (const client of clients) client.close();
    },
    60_000,
  );

  ifThere.each(ATTACKS)(
    'stays small under %s, while the database stands still',
    async (what, attack) => {
      const clients = await Promise.all(Array.from({ length: attack.clients }, () => RawClient.open(url)));
      const lock = await holdDatabase(database.url);
      let sent = 0;
      const sending = clients.map(async (client) => {
        for (let time = 0; time < attack.times && !client.socket.destroyed; time++) {
          await client.send(attack.bytes);
          sent++;
        }
      });
      // until the server has taken all of it, or takes no more of it now; others are answered meanwhile
      let before = -1;
      const isStill = async () => {
        const after = before;
        before = sent;
        for (let count = 0; count < 100; count++) expect((await get(`${url}/health/live`)).status).toBe(200);
        return sent === after;
      };
      await until(isStill, Boolean, 60_000);
      await lock.release();
      for (const { socket } of clients) socket.destroy();
      await Promise.all(sending);
      await until(
        () => post(`${url}/orders`, anOrder()),
        ({ status }) => status === 201,
      );
      report(`${place.name}: ${what}: ${sent} sent, grew by ${measured.grewBy} MiB`);
      expect(measured.isAlive).toBe(true);
      expect(measured.grewBy).toBeLessThan(attack.most);
    },
    120_000,
  );
});

describe('clients that send nearly all of large bodies and then wait', () => {
  it('make way for others after a second, and are told so', async () => {
    const { file } = PLACES;
    const database = await file.create();
    const { server } = await MeasuredServer.start({ DATABASE_URL: database.url, PROCESSING_TIME_MS: 0 });
    const { url } = server;
    const large = Buffer.from(
      request('POST', '/orders/batch', `{"orders":[${JSON.stringify(anOrder())}]}`.padEnd(4 * MIB)),
    );
    const slow = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(url)));
    for (const client of slow) await client.send(large.subarray(0, -1));
    try {
      // there is no room for another such body until those have waited for a second
      const [first] = slow;
      const untilTaken = (path: string, body: Buffer, status: number) =>
        until(
          () => post(url + path, body),
          (answer) => answer.status === status,
          5000,
        );
      await untilTaken('/orders', Buffer.from(orderOf(65_536)), 201);
      await untilTaken('/orders', Buffer.from(JSON.stringify(anOrder())), 201);
      await untilTaken('/orders/batch', large.subarray(large.indexOf('{')), 200);
      expect(await first?.end()).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1[^]*connection: close/i);
    } finally {
      for (const { socket } of slow) socket.destroy();
      await server.kill();
      await database.remove();
    }
  }, 30_000);
});

/** For the table in docs/reliability.md. */
function report(line: string): void {
  if (process.env['MEMORY_TABLE']) process.stderr.write(`${line}\n`);
}
