import type { Database } from '../../src/database/database.js';
import { CountersReader } from '../../src/metrics/counters.reader.js';
import { ORDER_STATUSES } from '../../src/domain/order.status.js';
import type { ListCursor, OrderFilter } from '../../src/orders/store/orders.pages.js';
import type { OrdersReader } from '../../src/orders/store/orders.reader.js';
import type { FailedFilter } from '../../src/orders/store/sql/failed.sql.js';
import { PLACES, withDatabase } from '../support/any.database.js';
import { examinedRows, recorded, waysOf, type Statement } from '../support/examined.rows.js';
import { readerOn } from '../support/store.js';
import { addOrder, BIG_USER, fillOrders, START } from '../support/many.orders.js';

/** More can be given by hand: what is examined must stay the same. */
const ORDERS = Number(process.env['TEST_ORDERS'] ?? 120_000);
const LIMIT = 50;

const USERS = [undefined, BIG_USER, 'user-3', 'nobody'];
const TIMES: [from: number | undefined, to: number | undefined][] = [
  [undefined, undefined],
  [undefined, START - 1],
  [START + 2 * ORDERS, undefined],
  [START + ORDERS / 2, START + ORDERS / 2 + 1000],
  [START, START + ORDERS],
];

const FILTERS: OrderFilter[] = [undefined, ...ORDER_STATUSES].flatMap((status) =>
  USERS.flatMap((userId) =>
    TIMES.map(([createdFrom, createdTo]) => ({
      ...(status && { status }),
      ...(userId && { userId }),
      ...(createdFrom !== undefined && { createdFrom }),
      ...(createdTo !== undefined && { createdTo }),
    })),
  ),
);

const FAILED: FailedFilter[] = USERS.flatMap((userId) =>
  TIMES.map(([failedFrom, failedTo]) => ({
    ...(userId && { userId }),
    ...(failedFrom !== undefined && { failedFrom }),
    ...(failedTo !== undefined && { failedTo }),
  })),
);

type Question = [name: string, ask: (reader: OrdersReader, counters: CountersReader) => Promise<unknown>];

/** Every question that can be asked, with and without a match. */
const middle = { createdAt: START + ORDERS / 2, seq: ORDERS / 2 };
const LISTS: Question[] = FILTERS.flatMap((filter) =>
  [undefined, middle].map((place): Question => [
    `list ${JSON.stringify(filter)}${place ? ' from the middle on' : ''}`,
    (reader) => reader.list(filter, place, LIMIT),
  ]),
);
const REDRIVES = FAILED.map((filter): Question => [
  `failed ${JSON.stringify(filter)}`,
  (reader) => reader.failed(filter, LIMIT),
]);
const OTHERS: Question[] = [
  ['get', (reader) => reader.get(`order-${ORDERS / 2}`)],
  ['status', (reader) => reader.status(`order-${ORDERS / 2}`)],
  ['history', (reader) => reader.history(`order-${ORDERS / 2}`)],
  ['the queue', (reader) => reader.pendingAfter(0, LIMIT)],
  ['the queue from the middle on', (reader) => reader.pendingAfter(ORDERS / 2, LIMIT)],
  ['what is due', (reader) => reader.due(START + ORDERS, LIMIT)],
  ['what is due in the end', (reader) => reader.due(Number.MAX_SAFE_INTEGER, LIMIT)],
  ['what is delayed', (reader) => reader.delayed(START, LIMIT)],
  ['what is delayed after all', (reader) => reader.delayed(Number.MAX_SAFE_INTEGER, LIMIT)],
  ['how many are ahead', (reader) => reader.ahead(ORDERS)],
  ['how many are ahead of the first', (reader) => reader.ahead(1)],
  ['what is being processed', (reader) => reader.processing()],
  ['the counters', (_, counters) => counters.counts()],
  ['the oldest', (reader) => reader.oldest()],
];

/** Rows read at most: a page's walk, twice, and the page; a window of Failed orders. MySQL counts rows that it sorts, too. */
const BOUNDS: [kind: string, questions: Question[], rows: number, rowsOnMysql: number][] = [
  ['a list', LISTS, 10_500, 16_000],
  ['a bulk retry', REDRIVES, 20_100, 40_100],
  ['any other question', OTHERS, 200, 200],
];

async function statementsOf(database: Database, ask: Question[1]): Promise<Statement[]> {
  const recording = recorded(database);
  await ask(await readerOn(recording.database), new CountersReader(recording.database));
  return recording.statements;
}

for (const place of [PLACES.postgres, PLACES.mysql]) {
  const suite = place.isThere ? describe : describe.skip;
  suite(`what questions cost on ${place.name}`, () => {
    let url: string;
    let remove: () => Promise<void>;
    beforeAll(async () => {
      ({ url, remove } = await place.create());
      await withDatabase(url, (database) => fillOrders(database, ORDERS));
    }, 600_000);
    afterAll(() => remove());

    describe.each(['without statistics', 'with statistics'])('%s', (state) => {
      beforeAll(
        () =>
          withDatabase(url, async (database) => {
            if (state === 'without statistics') return;
            await database.read(
              database.dialect === 'postgres' ? 'ANALYZE orders' : 'ANALYZE TABLE orders PERSISTENT FOR ALL',
            );
          }),
        600_000,
      );

      it.each(BOUNDS)(
        'examines a bounded number of rows for %s',
        async (_, questions, rows, rowsOnMysql) => {
          await withDatabase(url, async (database) => {
            const costs: [name: string, rows: number][] = [];
            for (const [name, ask] of questions) {
              let examined = 0;
              for (const statement of await statementsOf(database, ask))
                examined += await examinedRows(database, statement);
              costs.push([name, examined]);
            }
            costs.sort(([, a], [, b]) => b - a);
            if (process.env['TEST_ORDERS']) process.stderr.write(`${JSON.stringify(costs.slice(0, 5))}\n`);
            const most = database.dialect === 'mysql' ? rowsOnMysql : rows;
            expect(costs.filter(([, examined]) => examined > most)).toEqual([]);
          });
        },
        600_000,
      );
    });
  });
}

describe('what questions cost on SQLite', () => {
  /** Each is a place in an index, or a range of one that holds nothing else; `LIMIT` ends it. */
  const BOUNDED = [
    'SEARCH orders',
    'SEARCH orders USING COVERING INDEX orders_failed (updated_at>? AND updated_at<?)',
    'SEARCH orders USING COVERING INDEX orders_status (status=?)',
    'SEARCH orders USING COVERING INDEX orders_user_failed (user_id=? AND updated_at>? AND updated_at<?)',
    'SEARCH orders USING INDEX orders_delayed (not_before>? AND not_before<?)',
    'SEARCH orders USING INDEX orders_delayed (not_before>?)',
    'SEARCH orders USING INDEX orders_order_id (order_id=?)',
    'SEARCH orders USING INDEX orders_pending (queue_seq<?)',
    'SEARCH orders USING INDEX orders_pending (queue_seq>?)',
    'SEARCH orders USING INDEX orders_status (status=? AND seq>? AND seq<?)',
    'SEARCH orders USING INDEX orders_status (status=?)',
    'SEARCH orders USING INDEX orders_user (user_id=? AND seq>? AND seq<?)',
    'SEARCH orders USING INTEGER PRIMARY KEY (rowid=?)',
    'SEARCH orders USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)',
    'SEARCH orders USING INTEGER PRIMARY KEY (rowid>?)',
  ];

  it('finds every row by its place in an index', async () => {
    const { url, remove } = await PLACES.file.create();
    await withDatabase(url, async (database) => {
      const ways = new Set<string>();
      for (const [, ask] of [...LISTS, ...REDRIVES, ...OTHERS])
        for (const statement of await statementsOf(database, ask))
          for (const way of await waysOf(database, statement)) ways.add(way);
      expect([...ways].toSorted()).toEqual(BOUNDED);
    });
    await remove();
  });
});

for (const place of [PLACES.file, PLACES.postgres, PLACES.mysql]) {
  const suite = place.isThere ? describe : describe.skip;
  suite(`a list of which a page examines a part, on ${place.name}`, () => {
    it('shows every match once to a client that follows its cursors, while orders arrive and move', async () => {
      const { url, remove } = await place.create();
      await withDatabase(url, async (database) => {
        await fillOrders(database, 40_000);
        const cancel = (seqs: number[]) =>
          database.write(`UPDATE orders SET status = 'Cancelled' WHERE seq IN (${seqs.join(', ')})`);
        const cancelled = [2, 4, 9000, 9002, 22_000, 22_002, 22_004, 31_000];
        await cancel(cancelled);
        const reader = await readerOn(database);
        const shown: number[] = [];
        let pages = 0;
        let next: ListCursor | undefined;
        do {
          const page = await reader.list({ userId: BIG_USER, status: 'Cancelled' }, next, 2);
          shown.push(...page.orders.map(({ seq }) => seq));
          if (next) expect(page.next === undefined || page.next.seq < next.seq).toBe(true);
          next = page.next;
          await addOrder(database, 50_000 + 2 * pages);
          await cancel([39_990 - 2 * pages, 50_000 + 2 * pages]); // the client is past them
          pages++;
        } while (next);
        expect(shown).toEqual(cancelled.toReversed());
        expect(pages).toBeLessThan(12);
      });
      await remove();
    });
  });
}

for (const place of [PLACES.file, PLACES.postgres, PLACES.mysql]) {
  const suite = place.isThere ? describe : describe.skip;
  suite(`a position deep in the queue, on ${place.name}`, () => {
    it('is found by two blocks of it, once the queue was counted', async () => {
      const { url, remove } = await place.create();
      await withDatabase(url, async (database) => {
        await fillOrders(database, 40_000);
        await database.write(`UPDATE orders SET status = 'Pending', not_before = NULL WHERE seq % 7 > 0`);
        await database.write(`UPDATE orders SET status = 'Failed', not_before = NULL WHERE seq % 7 = 0`);
        const recording = recorded(database);
        const reader = await readerOn(recording.database);
        expect(await reader.ahead(40_000)).toBe(39_999 - 5714);
        recording.statements.splice(0);
        expect(await reader.ahead(30_001)).toBe(30_000 - 4285);
        let examined = 0;
        for (const statement of recording.statements)
          if (place === PLACES.file)
            for (const way of await waysOf(database, statement))
              expect(way).toMatch(/^SEARCH orders( USING INDEX orders_pending( \(queue_seq[<>].*\))?)?$/);
          else examined += await examinedRows(database, statement);
        expect(recording.statements).toHaveLength(2);
        expect(examined).toBeLessThan(1000);
      });
      await remove();
    });
  });
}
