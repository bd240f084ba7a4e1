import { copyFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { check, checkIntegrity, type Finding, type Promises, type Query } from '../../chaos/checker.js';
import { contentText } from '../../chaos/checks/promises.js';
import { PermanentFailure } from '../../src/processing/order.handler.js';
import { startApp, temporaryDatabase } from '../support/app.js';
import { anOrder, post, untilMetrics, untilStatus } from '../support/client.js';
import { withWork } from '../support/work.js';

const IDS = ['one', 'two', 'three', 'four', 'five'];

/** `two` fails once; `five` fails for good, until a person retries it. */
const work = withWork(({ orderId, attempt }) => {
  if (attempt === 1 && orderId === 'two') throw new Error('not yet');
  if (attempt === 1 && orderId === 'five') throw new PermanentFailure('refused', 'never');
});

describe('the checker', () => {
  const good = temporaryDatabase();

  /** A database of five orders that went all ways to Completed. */
  beforeAll(async () => {
    const app = await startApp({
      config: { DATABASE_URL: good.url, RETRY_BACKOFF_MS: 0 },
      ...work,
    });
    for (const order_id of IDS) await post(`${app.url}/orders`, anOrder({ order_id }));
    await untilStatus(app.url, 'five', 'Failed');
    await post(`${app.url}/orders/five/retry`);
    await untilMetrics(app.url, (now) => now.completed_orders === IDS.length);
    await app.close();
  });
  afterAll(() => good.remove());

  /** The names of the checks that find something after `corrupt` was done to a copy of the good database. */
  async function found(
    corrupt: (sqlite: Sqlite.Database) => void,
    promises: Partial<Promises> = {},
  ): Promise<string[]> {
    const copy = temporaryDatabase();
    copyFileSync(good.file, copy.file);
    const sqlite = new Sqlite(copy.file);
    sqlite.unsafeMode();
    corrupt(sqlite);
    sqlite.close();
    const evidence = new Sqlite(copy.file, { readonly: true });
    const query: Query = async <Row>(sql: string) => evidence.prepare<[], Row>(sql).all();
    const all = new Set(IDS);
    const findings: Finding[] = await check(query, { sent: all, acknowledged: all, ...promises });
    findings.push(await checkIntegrity(query));
    evidence.close();
    copy.remove();
    return findings.filter(({ count }) => count > 0).map((finding) => finding.check);
  }

  const sql = (text: string) => (sqlite: Sqlite.Database) => void sqlite.exec(text);

  const nothing = () => undefined;

  const LOST = 'lost: acknowledged, not completed';
  const ASTRAY = 'at an end that nobody asked for';
  const UNEXPECTED = 'unexpected: stored, never sent';
  const COUNTERS = 'counters disagree with a recount';
  const DISAGREES = 'status disagrees with history';
  const ILLEGAL = 'illegal transitions';

  it('finds nothing in a database in which every promise was kept', async () => {
    expect(await found(nothing)).toEqual([]);
  });

  it('lets an order be there, or not, whose client never got an answer', async () => {
    expect(
      await found(nothing, {
        acknowledged: new Set(['one', 'two']),
        sent: new Set([...IDS, 'never-arrived']),
      }),
    ).toEqual([]);
  });

  it('finds an acknowledged order that is not there', async () => {
    const more = new Set([...IDS, 'six']);
    expect(await found(nothing, { acknowledged: more, sent: more })).toEqual([LOST]);
  });

  it('finds an acknowledged order that was not completed, though history and counters agree', async () => {
    const undo = sql(`
      UPDATE orders SET status = 'Pending' WHERE order_id = 'one';
      UPDATE order_history SET to_status = 'Pending' WHERE order_seq = 1 AND to_status = 'Completed';
      UPDATE order_counters SET value = value - 1 WHERE name = 'Completed' OR name LIKE 'processing_ms:%'
        AND name = (SELECT MAX(name) FROM order_counters WHERE name LIKE 'processing_ms:%' AND value > 0);
      UPDATE order_counters SET value = value + 1 WHERE name IN ('Pending', 'retried');
      UPDATE order_counters SET value = (SELECT SUM(completed_at - started_at) FROM orders WHERE status = 'Completed')
        WHERE name = 'processing_ms';`);
    expect(await found(undo)).toEqual([LOST]);
  });

  it('finds an order that nobody sent', async () => {
    const sent = new Set(['one', 'two', 'three', 'four']);
    expect(await found(nothing, { acknowledged: new Set(), sent })).toEqual([UNEXPECTED]);
  });

  it('finds an acknowledged order that was cancelled though its client did not ask, and one that was not', async () => {
    const cancel = sql(`
      UPDATE orders SET status = 'Cancelled' WHERE order_id = 'one';
      UPDATE order_history SET to_status = 'Cancelled' WHERE order_seq = 1 AND to_status = 'Completed'`);
    const asked = { ends: (id: string) => [id === 'one' ? 'Cancelled' : 'Completed'] };
    expect(await found(cancel)).toContain(LOST);
    expect(await found(cancel, asked)).not.toContain(LOST);
    expect(await found(nothing, asked)).toEqual([LOST]);
  });

  it('finds an order without an answer at an end that nobody asked for', async () => {
    const promises = {
      acknowledged: new Set(['one']),
      ends: (id: string) => (id === 'two' ? [] : ['Completed']),
    };
    expect(await found(nothing, promises)).toEqual([ASTRAY]);
  });

  describe('of an order whose id the server made', () => {
    const withKey = sql(`UPDATE orders SET idempotency_key = 'key-1' WHERE order_id = 'one'`);
    const sent = new Set(IDS.slice(1));
    const [acknowledged, acknowledgedKeys] = [sent, new Set(['key-1'])];
    const keys = new Map([['key-1', 'one']]);

    it('accepts that it is there by its key', async () => {
      expect(await found(withKey, { sent, acknowledged, acknowledgedKeys, keys })).toEqual([]);
    });

    it('finds a key that nobody sent', async () => {
      expect(await found(withKey, { sent, acknowledged })).toEqual([UNEXPECTED]);
    });

    it('finds an acknowledged key that is not there', async () => {
      const promises = { acknowledgedKeys: new Set(['key-1', 'key-2']), keys };
      expect(await found(withKey, promises)).toEqual([LOST]);
    });

    it('finds that it is there under another id', async () => {
      expect(await found(withKey, { keys: new Map([['key-1', 'two']]) })).toEqual([
        'stored under another id than was told',
      ]);
    });

    it('finds a key that two orders have', async () => {
      const twice = sql(
        `DROP INDEX orders_idempotency_key; UPDATE orders SET idempotency_key = 'key-1' WHERE order_id IN ('one', 'two')`,
      );
      const promises = { keys: new Map([['key-1', undefined]]) };
      expect(await found(twice, promises)).toEqual(['stored twice']);
    });
  });

  it.each([
    ['user', `user_id = 'somebody'`],
    ['amount', 'total_amount = total_amount + 1'],
    ['items', `item_ids = '["item-2","item-1"]'`],
  ])('finds an order that is stored with another %s', async (_, change) => {
    const { user_id, item_ids } = anOrder() as { user_id: string; item_ids: string[] };
    const promises = { content: () => contentText(user_id, 2999, item_ids) };
    expect(await found(nothing, promises)).toEqual([]);
    expect(await found(sql(`UPDATE orders SET ${change} WHERE order_id = 'three'`), promises)).toEqual([
      'stored with other content than was sent',
    ]);
  });

  it('finds a retry that was acknowledged and did not happen', async () => {
    expect(await found(nothing, { retries: new Map([['five', 1]]) })).toEqual([]);
    expect(await found(nothing, { retries: new Map([['five', 2]]) })).toEqual([
      'retries acknowledged, not in the history',
    ]);
  });

  it('finds an order that is stored twice', async () => {
    const twice = sql(
      `DROP INDEX orders_order_id; UPDATE orders SET order_id = 'one' WHERE order_id = 'two'`,
    );
    expect(await found(twice, { acknowledged: new Set(['one']) })).toEqual(['stored twice']);
  });

  it('finds an order that was completed twice', async () => {
    const again = sql(`
      INSERT INTO order_history (order_seq, at, from_status, to_status, attempt)
      SELECT order_seq, at, from_status, to_status, attempt FROM order_history WHERE order_seq = 1 AND to_status = 'Completed'`);
    expect(await found(again)).toEqual(['completed twice', ILLEGAL]);
  });

  it.each([
    [
      'a step that does not exist',
      `UPDATE order_history SET to_status = 'Cancelled' WHERE order_seq = 2 AND to_status = 'Pending' AND attempt = 1;
      UPDATE order_history SET from_status = 'Cancelled' WHERE order_seq = 2 AND attempt = 2 AND to_status = 'Processing';
      UPDATE order_counters SET value = value - 1 WHERE name = 'retried'`,
    ],
    [
      'a broken chain',
      `UPDATE order_history SET from_status = 'Failed' WHERE order_seq = 2 AND attempt = 2 AND to_status = 'Processing'`,
    ],
    [
      'a step from nowhere',
      `UPDATE order_history SET from_status = NULL WHERE order_seq = 4 AND to_status = 'Processing'`,
    ],
    [
      'an attempt number that does not grow',
      `UPDATE order_history SET attempt = 3 WHERE order_seq = 2 AND attempt = 2; UPDATE orders SET attempts = 3 WHERE seq = 2`,
    ],
  ])('finds %s in a history', async (_, corruption) => {
    expect(await found(sql(corruption))).toEqual([ILLEGAL]);
  });

  it('finds orders that were first started in another order than they were accepted in', async () => {
    const swap = sql(`
      UPDATE order_history SET order_seq = -3 WHERE order_seq = 3;
      UPDATE order_history SET order_seq = 3 WHERE order_seq = 4;
      UPDATE order_history SET order_seq = 4 WHERE order_seq = -3;
      UPDATE order_counters SET value = (
        SELECT SUM(MAX(0, h.at - o.created_at)) FROM order_history h JOIN orders o ON o.seq = h.order_seq
        WHERE to_status = 'Processing' AND attempt = 1) WHERE name = 'wait_ms'`);
    expect(await found(swap)).toEqual(['started out of turn']);
    expect(await found(swap, { turns: { overlap: 1 } })).toEqual([]); // by neighbours, which processes side by side may do
    expect(await found(swap, { turns: { isBefore: () => false } })).toEqual([]); // they were posted at one time
    const isBefore = (first: string, second: string) => first === 'three' && second === 'four';
    expect(await found(swap, { turns: { isBefore } })).toEqual(['started out of turn']);
  });

  it('finds a status that its history does not tell', async () => {
    const silently = sql(`UPDATE orders SET status = 'Failed' WHERE order_id = 'one'`);
    expect(await found(silently)).toEqual([LOST, DISAGREES, COUNTERS]);
  });

  it('finds an order without a history', async () => {
    const forget = sql(`DELETE FROM order_history WHERE order_seq = 1`);
    expect(await found(forget)).toEqual([DISAGREES, COUNTERS]);
  });

  it('finds a history without its order', async () => {
    const forget = sql(
      `INSERT INTO order_history (order_seq, at, from_status, to_status, attempt) VALUES (99, 0, 'Pending', 'Cancelled', 0)`,
    );
    expect(await found(forget)).toEqual(['history without an order']);
  });

  const ofTime = ['started', 'wait_ms', 'wait_ms:5', 'processing_ms', 'processing_ms:0'];
  const ofReturns = ['retried', 'interrupted', 'redriven'];
  it.each(['Completed', 'Pending', ...ofTime, ...ofReturns, 'surplus'])(
    'finds a counter %s that is off by one',
    async (name) => {
      const miscount = sql(`
        INSERT INTO order_counters (name, slot, value) VALUES ('${name}', 0, 1)
        ON CONFLICT (name, slot) DO UPDATE SET value = order_counters.value + 1`);
      expect(await found(miscount)).toEqual([COUNTERS]);
    },
  );

  it('finds a sequence that would give a number twice', async () => {
    const turnBack = sql(`UPDATE order_counters SET value = 3 WHERE name = 'last_seq'`);
    expect(await found(turnBack)).toEqual([COUNTERS]);
  });

  it('finds an order whose own number would be given again', async () => {
    const forget = sql(`
      UPDATE orders SET queue_seq = seq;
      UPDATE order_counters SET value = (SELECT MAX(seq) FROM orders) - 1 WHERE name = 'last_seq';
      UPDATE orders SET queue_seq = 0 WHERE seq = (SELECT MAX(seq) FROM orders)`);
    expect(await found(forget)).toEqual([COUNTERS]);
  });

  it('finds an index that does not fit its table', async () => {
    const damage = (sqlite: Sqlite.Database) => {
      sqlite.pragma('writable_schema = ON');
      sqlite.exec(`DELETE FROM sqlite_schema WHERE name = 'orders_user'`); // its pages belong to nothing now
    };
    expect(await found(damage)).toEqual(['damage to the file']);
  });
});
