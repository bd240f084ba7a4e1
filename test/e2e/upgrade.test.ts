import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { findingsIn, PLACES, type DatabaseKind } from '../support/any.database.js';
import { get, listAll, post, untilMetrics } from '../support/client.js';
import { withDatabase } from '../support/ledger.js';
import { ServerProcess } from '../support/server.js';

/**
 * Databases as the version before webhooks left them after a `kill -9`: eleven orders Completed, one Cancelled, two Pending
 * and two Processing.
 */
const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/before-webhooks.${name}`, import.meta.url));

const LOAD: [DatabaseKind, (url: string) => Promise<void>][] = [
  [PLACES.file, async (url) => writeFileSync(url.slice('sqlite:'.length), gunzipSync(fixture('sqlite.gz')))],
  [
    PLACES.postgres,
    (url) => withDatabase(url, async (query) => void (await query(fixture('postgres.sql').toString()))),
  ],
  [
    PLACES.mysql,
    (url) =>
      withDatabase(url, async (query) => {
        for (const statement of fixture('mysql.sql').toString().split(/;\n/))
          if (statement.trim()) await query(statement);
      }),
  ],
];

for (const [place, load] of LOAD)
  (place.isThere ? describe : describe.skip)(`a database of an older version on ${place.name}`, () => {
    it('is brought up to date by the next start, which goes on where that one was killed', async () => {
      const { url, remove } = await place.create();
      await load(url);
      const server = await ServerProcess.start({ DATABASE_URL: url, PROCESSING_TIME_MS: 0 });
      const metrics = await untilMetrics(server.url, ({ completed_orders }) => completed_orders === 15);
      expect(metrics).toMatchObject({ total_orders: 16, cancelled_orders: 1, stored_orders: 16 });
      const orders = await listAll(server.url);
      expect(orders.map(({ order_id }) => order_id)).toHaveLength(16);
      const { body: history } = await get(`${server.url}/orders/waits-1/history`);
      expect(history.map(({ to, reason }: { to: string; reason: string }) => reason ?? to)).toEqual([
        'Pending',
        'Processing',
        'interrupted',
        'Processing',
        'Completed',
      ]);
      const repeat = { order_id: 'done-1', user_id: 'user-1', item_ids: ['a', 'ü'], total_amount: 1.99 };
      expect((await post(`${server.url}/orders`, repeat)).status).toBe(200);
      const withKey = { user_id: 'user-k', item_ids: ['k'], total_amount: 5 };
      const replayed = await post(`${server.url}/orders`, withKey, { 'idempotency-key': 'key-1' });
      expect([replayed.status, replayed.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
      expect((await post(`${server.url}/orders`, { ...withKey, order_id: 'new' })).status).toBe(201);
      await untilMetrics(server.url, ({ completed_orders }) => completed_orders === 16);
      expect(await server.stop()).toBe(0);
      const sent = new Set([...orders.map(({ order_id }) => order_id as string), 'new']);
      const acknowledged = new Set([...sent].filter((id) => id !== 'waits-5')); // which was cancelled
      expect(await findingsIn(url, { sent, acknowledged })).toEqual([]);
      await remove();
    });
  });
