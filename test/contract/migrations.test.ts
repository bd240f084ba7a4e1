import { DataSource } from 'typeorm';
import { databaseOptions } from '../../src/database/database.options.js';
import { migrate } from '../../src/database/schema/migrate.js';
import { PortableDataSource } from '../../src/database/sources/portable.data.source.js';
import { CountersReader } from '../../src/metrics/counters.reader.js';
import { ApiKeyEntity } from '../../src/keys/api-key.entity.js';
import { ORDER_ENTITIES } from '../../src/orders/store/entities/order.entities.js';
import { WEBHOOK_ENTITIES } from '../../src/webhooks/store/webhook.entities.js';
import { PLACES, withDatabase } from '../support/any.database.js';
import { contentOf, countMigrations, cutOffAfter, withSource } from '../support/schema.js';

/** Waits of the third to the seventh order, and further steps of the second's history. */
const WAITS = [5, 6, 86_400_000, 86_400_001, -5];
const STEPS = [
  ['Processing', 'Pending', 1, 'busy: later'],
  ['Pending', 'Processing', 2, null],
  ['Processing', 'Pending', 2, 'interrupted'],
  ['Pending', 'Processing', 3, null],
  ['Processing', 'Pending', 3, 'released at shutdown'],
  ['Pending', 'Processing', 4, null],
  ['Processing', 'Failed', 4, 'busy: later'],
  ['Failed', 'Pending', 4, 'retried'],
  ['Pending', 'Processing', 5, null],
] as const;

/** As an older version left it: orders, their history with the acceptances, and the counters. */
const OLD_ROWS = [
  `INSERT INTO orders (seq, order_id, user_id, total_amount, status, queue_seq, attempts, created_at, started_at, updated_at, item_ids)
   VALUES (1, 'old-1', 'user-1', 100, 'Pending', 1, 0, 1000, NULL, 1000, '["a"]'),
          (2, 'old-2', 'user-2', 200, 'Processing', 2, 1, 1001, 1002, 1002, '["b"]')`,
  `INSERT INTO order_history (order_seq, at, from_status, to_status, attempt)
   VALUES (1, 1000, NULL, 'Pending', 0), (2, 1001, NULL, 'Pending', 0), (2, 1002, 'Pending', 'Processing', 1)`,
  ...STEPS.map(
    ([from, to, attempt, reason]) =>
      `INSERT INTO order_history (order_seq, at, from_status, to_status, attempt, reason)
       VALUES (2, 1003, '${from}', '${to}', ${attempt}, ${reason ? `'${reason}'` : 'NULL'})`,
  ),
  ...WAITS.flatMap((waitMs, index) => [
    `INSERT INTO orders (seq, order_id, user_id, total_amount, status, queue_seq, attempts, created_at, started_at, updated_at, item_ids)
     VALUES (${3 + index}, 'wait-${index}', 'user-1', 100, 'Processing', ${3 + index}, 1, 2000, ${2000 + waitMs}, ${2000 + waitMs}, '["a"]')`,
    `INSERT INTO order_history (order_seq, at, from_status, to_status, attempt)
     VALUES (${3 + index}, ${2000 + waitMs}, 'Pending', 'Processing', 1)`,
  ]),
  `INSERT INTO order_counters (name, value) VALUES ('last_seq', 7), ('Pending', 1), ('Processing', 6)`,
];

/** Indexes that the entities name and one kind of database does without. */
const NOT_ON = { sqlite: ['orders_created'], postgres: [] as string[], mysql: ['orders_delayed'] };

for (const place of Object.values(PLACES)) {
  (place.isThere ? describe : describe.skip)(`bringing ${place.name} up to date`, () => {
    /** A database with the first migrations only; from the first on with rows. */
    const old = async (migrations: number) => {
      const made = await place.create();
      if (migrations > 0) {
        await withSource(made.url, 1, async (source) => {
          await source.runMigrations();
          for (const sql of OLD_ROWS) await source.query(sql);
        });
        await withSource(made.url, migrations, (source) => source.runMigrations());
      }
      return made;
    };
    const open = (url: string) => withDatabase(url, (database) => database.ping());

    it.each([0, 1])(
      'from %i migrations is finished by the next start, wherever it was cut off, and ends the same',
      async (migrations) => {
        const clean = await old(migrations);
        await open(clean.url);
        const expected = await contentOf(clean.url);
        await clean.remove();
        let cuts = 0;
        for (let isCut = true; isCut; cuts++) {
          const { url, remove } = await old(migrations);
          const { wasCut, restore } = cutOffAfter(url, cuts);
          try {
            await open(url).catch(() => undefined); // as a process that died
          } finally {
            restore();
          }
          // what is cut off in the later ones, the run that begins with one has cut off too
          isCut = wasCut() && (migrations > 0 || (await countDone(url)) === 0);
          await open(url);
          expect([cuts, await contentOf(url)]).toEqual([cuts, expected]);
          await remove();
        }
        expect(cuts).toBeGreaterThan(2);
      },
      300_000,
    );

    it('counts anew what the history tells and no counter did', async () => {
      const { url, remove } = await old(1);
      await withDatabase(url, async (database) => {
        const { retried, interrupted, redriven, waits } = await new CountersReader(database).counts();
        expect({ retried, interrupted, redriven }).toEqual({ retried: 1, interrupted: 2, redriven: 1 });
        expect(Object.fromEntries(waits)).toEqual({ 5: 3, 10: 1, 86_400_000: 1, Infinity: 1 });
      });
      await remove();
    });

    it('is undone and done again, and ends the same', async () => {
      const { url, remove } = await old(1);
      await open(url);
      const before = (await contentOf(url)) as { schema: unknown; rows: Record<string, unknown> };
      const last = countMigrations(url) - 1;
      await withSource(url, last + 1, (source) => source.undoLastMigration());
      await open(url);
      const after = (await contentOf(url)) as typeof before;
      expect(after.schema).toEqual(before.schema);
      expect(after.rows['orders']).toEqual(before.rows['orders']);
      expect(after.rows['order_counters']).toEqual(before.rows['order_counters']);
      await remove();
    });

    it('is refused where a newer version has done so, saying which', async () => {
      const { url, remove } = await old(0);
      await open(url);
      await withSource(url, 0, (source) =>
        source.query(`INSERT INTO migrations (timestamp, name) VALUES (1, 'FromTheFuture1')`),
      );
      await expect(open(url)).rejects.toThrow(/made by a newer version of Ordermill \(FromTheFuture1\)/);
      await remove();
    });

    it('makes exactly the columns and indexes that the entities say', async () => {
      const { url, remove } = await old(0);
      await open(url);
      const source = new PortableDataSource({
        ...databaseOptions(url),
        entities: [...ORDER_ENTITIES, ...WEBHOOK_ENTITIES, ApiKeyEntity],
      });
      await source.initialize();
      const { upQueries, downQueries } = await source.driver.createSchemaBuilder().log(); // as migration:generate does
      expect([...upQueries, ...downQueries].map(({ query }) => query)).toEqual([]);
      const runner = source.createQueryRunner();
      for (const { tableName, indices } of source.entityMetadatas) {
        const table = await runner.getTable(tableName);
        const missing = NOT_ON[source.dialect];
        expect(table?.indices.map(({ name }) => name).toSorted()).toEqual(
          indices
            .map(({ name }) => name)
            .filter((name) => !missing.includes(name))
            .toSorted(),
        );
      }
      await runner.release();
      await source.destroy();
      await remove();
    });

    if (place === PLACES.file) return;

    it('waits for another process that does, and not for ever; and leaves no lock behind, also when it fails', async () => {
      const { url, remove } = await old(0);
      const sources = [1, 2, 3].map(() => new DataSource(databaseOptions(url)));
      const [holder, other, failing] = await Promise.all(sources.map((source) => source.initialize()));
      if (!holder || !other || !failing) throw new Error('three were made');
      const lock =
        holder.options.type === 'postgres'
          ? 'SELECT pg_advisory_lock(726837)'
          : `SELECT GET_LOCK(CONCAT('ordermill.', MD5(DATABASE())), 0)`;
      await holder.query(lock);
      await expect(migrate(other, 300)).rejects.toThrow(
        /another process has been bringing the schema up to date/,
      );
      const waiting = migrate(other);
      await holder.destroy(); // which ends its lock
      await waiting;
      await other.query(`INSERT INTO migrations (timestamp, name) VALUES (1, 'FromTheFuture1')`);
      await expect(migrate(failing)).rejects.toThrow(/newer/);
      await failing.destroy();
      await other.query(`DELETE FROM migrations WHERE name = 'FromTheFuture1'`);
      await migrate(other, 1000);
      await other.destroy();
      await remove();
    });
  });
}

/** How many migrations are done in a database, whose table of them may not be there yet. */
function countDone(url: string): Promise<number> {
  return withSource(url, 0, (source) =>
    source.query<unknown[]>('SELECT name FROM migrations').then(
      ({ length }) => length,
      () => 0,
    ),
  );
}
