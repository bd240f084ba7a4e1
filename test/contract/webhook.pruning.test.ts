import { Clock } from '../../src/common/clock.js';
import type { Database } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open.database.js';
import { DeliveryPruning } from '../../src/webhooks/delivery/delivery.pruning.js';
import { PLACES } from '../support/any.database.js';

const KEPT = 10_000;

for (const place of Object.values(PLACES))
  (place.isThere ? describe : describe.skip)(`what is kept of webhooks on ${place.name}`, () => {
    let made: Awaited<ReturnType<typeof place.create>>;
    let database: Database;

    const prune = (WEBHOOK_KEEP_MS: number) =>
      new DeliveryPruning(database, new Clock(), { ROLE: 'all', WEBHOOK_KEEP_MS }).prune();
    const add = async (webhook: string, state: string, count: number, at: number) => {
      const row = `('${webhook}', 'm', 1, '${state}', 1, ${at}, '{}')`;
      for (let left = count; left > 0; left -= 1000)
        await database.write(
          `INSERT INTO webhook_deliveries (webhook_id, message_id, order_seq, state, created_at, attempted_at, payload)
           VALUES ${Array.from({ length: Math.min(1000, left) }, () => row).join(', ')}`,
        );
    };
    const counts = async () =>
      Object.fromEntries(
        (
          await database.read<{ name: string; count: number }>(
            `SELECT CONCAT(webhook_id, ' ', state) AS name, COUNT(*) AS count FROM webhook_deliveries GROUP BY 1`,
          )
        ).map(({ name, count }) => [name, Number(count)]),
      );

    beforeEach(async () => {
      made = await place.create();
      database = await openDatabase(made.url, 4);
      for (const [id, state] of [
        ['on', 'enabled'],
        ['off', 'disabled'],
        ['gone', 'deleted'],
      ])
        await database.write(
          `INSERT INTO webhooks (id, url, statuses, secrets, state, accepted, transitioned, created_at, updated_at)
           VALUES (?, 'http://x', '[]', '[]', ?, 0, 0, 0, 0)`,
          [id, state],
        );
    });
    afterEach(async () => {
      await database.onApplicationShutdown();
      await made.remove();
    });

    it('is what waits, and the latest that are finished, of either state', async () => {
      const now = Date.now();
      await add('on', 'delivered', KEPT + 601, now);
      await add('on', 'failed', KEPT, now);
      await add('on', 'pending', KEPT + 1, now);
      await add('off', 'failed', 3, now);
      await prune(1_000_000);
      expect(await counts()).toEqual({
        'on delivered': KEPT,
        'on failed': KEPT,
        'on pending': KEPT + 1,
        'off failed': 3,
      });
      const [oldest] = await database.read<{ id: number }>(
        `SELECT MIN(id) AS id FROM webhook_deliveries WHERE webhook_id = 'on' AND state = 'delivered'`,
      );
      expect(Number(oldest?.id)).toBe(602);
    });

    it('is nothing that was finished longer ago than WEBHOOK_KEEP_MS, and nothing of what was deleted', async () => {
      const now = Date.now();
      for (const webhook of ['on', 'off', 'gone'])
        for (const state of ['delivered', 'failed', 'pending']) {
          await add(webhook, state, 2, now - 3_600_000);
          await add(webhook, state, 1, now);
        }
      await prune(1_800_000);
      expect(await counts()).toEqual({
        'on delivered': 1,
        'on failed': 1,
        'on pending': 3,
        'off delivered': 1,
        'off failed': 1,
        'off pending': 3,
      });
      expect(await database.read('SELECT id FROM webhooks ORDER BY id')).toEqual([
        { id: 'off' },
        { id: 'on' },
      ]);
    });
  });
