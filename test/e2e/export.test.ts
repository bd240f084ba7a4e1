import { once } from 'node:events';
import { connect } from 'node:net';
import { Database } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open.database.js';
import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { PLACES } from '../support/any.database.js';
import { anOrder, get, post, request, until } from '../support/client.js';
import { withFile } from '../support/database.file.js';
import { BIG_USER, fillOrders, START } from '../support/many.orders.js';

type Row = Record<string, unknown>;

for (const place of Object.values(PLACES))
  (place.isThere ? describe : describe.skip)(`GET /orders/export on ${place.name}`, () => {
    let made: Awaited<ReturnType<typeof place.create>>;
    let server: RunningApp;
    const ORDERS = 12_000;

    const fetched = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${server.url}/orders/export${path}`, { headers });
      return { response, text: await response.text() };
    };
    const exported = async (path = '') => {
      const { response, text } = await fetched(path);
      expect(response.headers.get('content-type')).toBe('application/x-ndjson');
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Row);
    };

    const listed = async (query: string) => {
      const orders: Row[] = [];
      for (let cursor = ''; ;) {
        const { body } = await get(`${server.url}/orders${query || '?'}&limit=200${cursor}`);
        orders.push(...(body.orders as Row[]));
        if (!body.next_cursor) return orders;
        cursor = `&cursor=${body.next_cursor}`;
      }
    };

    beforeAll(async () => {
      made = await place.create();
      const database = await openDatabase(made.url, 4);
      await fillOrders(database, ORDERS);
      await database.onApplicationShutdown();
      server = await startApp({
        config: { DATABASE_URL: made.url, ROLE: place.name === 'SQLite' ? 'all' : 'api' },
      });
    }, 60_000);
    afterAll(async () => {
      await server.close();
      await made.remove();
    });

    it.each([
      '',
      `?user_id=${BIG_USER}`,
      '?status=Failed',
      `?user_id=user-1&status=Failed`,
      `?created_from=${new Date(START + 100).toISOString()}&created_to=${new Date(START + 900).toISOString()}`,
      '?user_id=nobody',
    ])('has exactly what the list has, in its order: %s', async (query) => {
      const list = await listed(query);
      expect(await exported(query)).toEqual(list);
      if (query === '') expect(list).toHaveLength(ORDERS);
    });

    it('is CSV for who asks for it', async () => {
      const { response, text } = await fetched('?status=Failed', { accept: 'text/csv' });
      expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
      expect(response.headers.get('vary')).toBe('Accept');
      const lines = text.split('\r\n');
      const rows = await exported('?status=Failed');
      expect(lines).toHaveLength(rows.length + 2);
      expect(lines[0]).toMatch(/^order_id,user_id,item_ids,total_amount,status,/);
      expect(lines[1]).toMatch(new RegExp(`^${String(rows[0]?.['order_id'])},`));
    });
  });

describe('GET /orders/export', () => {
  let file: ReturnType<typeof temporaryDatabase>;
  let server: RunningApp;
  const sockets: ReturnType<typeof connect>[] = [];
  const start = async (orders: number, config = {}) => {
    const database = await openDatabase(file.url);
    await fillOrders(database, orders);
    await database.write(`INSERT INTO order_counters (name, slot, value) VALUES ('last_seq', 0, ${orders})`);
    await database.onApplicationShutdown();
    server = await startApp({ config: { DATABASE_URL: file.url, ...config } });
  };
  /** A client that reads nothing after the first bytes of the answer. */
  const silent = async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.on('error', () => undefined); // it may be reset
    socket.write('GET /orders/export HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'readable');
    return socket;
  };
  const MANY = 100_000; // more bytes than the system keeps for a client that does not read

  beforeEach(() => (file = temporaryDatabase()));
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await server.close();
    file.remove();
  });

  it('answers HEAD, refuses what it does not know, and an order of this id is read by its escaped URL', async () => {
    await start(0);
    expect((await request('HEAD', `${server.url}/orders/export`)).headers.get('content-type')).toMatch(
      /ndjson/,
    );
    expect((await get(`${server.url}/orders/export?limit=1`)).status).toBe(400);
    const { headers } = await post(`${server.url}/orders`, anOrder({ order_id: 'export' }));
    const location = headers.get('location');
    expect(location).toBe('/orders/%65xport');
    expect((await get(server.url + location)).body.order_id).toBe('export');
    expect((await get(`${server.url}/orders/export/status`)).body.order_id).toBe('export');
  });

  it('has each order once that was there, while others are accepted', async () => {
    await start(5000);
    let isOver = false;
    const posting = (async () => {
      while (!isOver) await post(`${server.url}/orders`, anOrder());
    })();
    const text = await (await fetch(`${server.url}/orders/export?user_id=${BIG_USER}`)).text();
    isOver = true;
    await posting;
    const ids = text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as Row)['order_id']);
    expect([ids.length, new Set(ids).size]).toEqual([2500, 2500]);
  });

  it('makes at most 4 at once, lets the log be written back meanwhile, and disconnects who does not read', async () => {
    await start(MANY, { REQUEST_TIMEOUT_MS: 2000, HEADERS_TIMEOUT_MS: 2000 });
    const clients = await Promise.all([1, 2, 3, 4].map(() => silent()));
    const closed = clients.map((client) => once(client, 'close'));
    const refused = await get(`${server.url}/orders/export`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await post(`${server.url}/orders`, anOrder())).status).toBe(201);
    const [checkpoint] = withFile(
      file.url,
      (sqlite) =>
        sqlite.pragma('wal_checkpoint(TRUNCATE)') as Record<'busy' | 'log' | 'checkpointed', number>[],
    );
    expect(checkpoint).toMatchObject({ busy: 0 }); // no reader holds the log
    for (const client of clients) client.resume(); // they read what the system has for them, and then see the end
    await Promise.all(closed);
    await until(async () => (await get(`${server.url}/orders/export?user_id=nobody`)).status === 200);
  }, 30_000);

  it('that fails in the middle, or that the server ends, is seen to be cut off', async () => {
    await start(MANY);
    const response = await fetch(`${server.url}/orders/export`);
    expect(response.status).toBe(200);
    const ended = server.app.close();
    await expect(response.text()).rejects.toThrow();
    await ended;
    server = await startApp({ config: { DATABASE_URL: file.url } });
    const again = await fetch(`${server.url}/orders/export`);
    const database = server.app.get(Database);
    const { read } = database;
    Object.assign(database, { read: () => Promise.reject(new Error('on purpose')) });
    await expect(again.text()).rejects.toThrow();
    Object.assign(database, { read });
  }, 60_000);

  it('with 100,000 orders keeps nobody waiting', async () => {
    await start(MANY);
    const text = fetch(`${server.url}/orders/export`).then((response) => response.text());
    let posted = 0;
    let isOver = false;
    const exported = text.finally(() => (isOver = true));
    while (!isOver) {
      expect((await post(`${server.url}/orders`, anOrder())).status).toBe(201);
      posted++;
    }
    expect((await exported).split('\n')).toHaveLength(MANY + 1);
    expect(posted).toBeGreaterThan(50);
  }, 60_000);
});
