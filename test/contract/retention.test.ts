import { Logger } from '@nestjs/common';
import { Clock } from '../../src/common/clock.js';
import { Random } from '../../src/common/random.js';
import type { Database } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open.database.js';
import type { OrderStatus } from '../../src/domain/order.status.js';
import { DeletionLease } from '../../src/orders/store/deletion.lease.js';
import { FinalOrders } from '../../src/orders/store/final.orders.js';
import { LogHolds } from '../../src/orders/store/log/log.holds.js';
import { NOTHING, type LogPosition } from '../../src/orders/store/log/log.position.js';
import { OrderLog } from '../../src/orders/store/log/order.log.js';
import { ordersSql } from '../../src/orders/store/sql/dialects.js';
import { OrderRetention } from '../../src/retention/order.retention.js';
import { findingsIn, PLACES } from '../support/any.database.js';
import { until } from '../support/client.js';
import { HeldClock } from '../support/held.clock.js';
import { aRequest, openStore, type OpenStore } from '../support/store.js';

const DAY_MS = 86_400_000;

Logger.overrideLogger(false);
const DAYS = 30;

/** Its pauses take no time of the test's; the time of day may be set. */
class TestClock extends HeldClock {
  #setBy = 0;

  override now(): number {
    return super.now() + this.#setBy;
  }

  set(ms: number): void {
    this.#setBy += ms;
  }

  override async wait(): Promise<void> {
    await this.turn();
  }
}

for (const place of Object.values(PLACES))
  (place.isThere ? describe : describe.skip)(`RETENTION_DAYS on ${place.name}`, () => {
    let made: Awaited<ReturnType<typeof place.create>>;
    let opened: OpenStore;
    let clock: TestClock;
    let holds: LogHolds;
    let isClosed = false;

    const retentionOn = (database: Database) => {
      const sql = ordersSql(database);
      const lease = new DeletionLease(sql, new Random());
      const config = { ROLE: 'all', RETENTION_DAYS: DAYS } as const;
      return new OrderRetention(opened.store, new FinalOrders(sql), holds, lease, clock, config);
    };
    const move = (seq: number, from: OrderStatus, to: OrderStatus) =>
      opened.store.transition({ seq, from, to, at: clock.now() });
    /** Accepts an order and brings it to a status. @returns its seq */
    const order = async (
      status: OrderStatus,
      orderId: string | null = null,
      idempotencyKey: string | null = null,
    ) => {
      const { seq } = await opened.store.insert(aRequest({ orderId, idempotencyKey }));
      if (status === 'Cancelled') await move(seq, 'Pending', 'Cancelled');
      if (['Processing', 'Completed', 'Failed'].includes(status)) await move(seq, 'Pending', 'Processing');
      if (status === 'Completed' || status === 'Failed') await move(seq, 'Processing', status);
      return seq;
    };
    const stored = async () =>
      (await opened.database.read<{ seq: number }>('SELECT seq FROM orders ORDER BY seq')).map(({ seq }) =>
        Number(seq),
      );
    const count = async (table: string) =>
      Number(
        (await opened.database.read<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`))[0]?.count,
      );
    const findings = async () => {
      await opened.database.onApplicationShutdown();
      isClosed = true;
      return findingsIn(made.url, { sent: new Set(), acknowledged: new Set() }).then((all) =>
        all.filter(({ check }) => !check.startsWith('unexpected')),
      );
    };

    beforeEach(async () => {
      made = await place.create();
      clock = new TestClock();
      holds = new LogHolds();
      isClosed = false;
      opened = await openStore(
        async () => ({ database: await openDatabase(made.url, 6), remove: () => {} }),
        clock,
      );
    });
    afterEach(async () => {
      if (!isClosed) await opened.close();
      await made.remove();
    });

    it('deletes what ended so long ago and is final, with history and keys; the counters know it', async () => {
      const retention = retentionOn(opened.database);
      const old = [await order('Completed', 'done', 'key-1'), await order('Cancelled')];
      await opened.store.insert(aRequest({ orderId: 'done', idempotencyKey: 'key-2' })); // a repeat: a further key
      const kept = [await order('Failed'), await order('Pending'), await order('Processing')];
      clock.advance(DAY_MS);
      const young = await order('Completed');
      clock.advance((DAYS - 1) * DAY_MS);
      expect(await retention.prune()).toBe(old.length);
      expect(await stored()).toEqual([...kept, young]);
      expect(await count('order_keys')).toBe(0);
      const { byStatus, deleted } = await opened.counters.counts();
      expect(byStatus).toEqual({ Pending: 1, Processing: 1, Completed: 2, Failed: 1, Cancelled: 1 });
      expect(deleted).toEqual({ Pending: 0, Processing: 0, Completed: 1, Failed: 0, Cancelled: 1 });
      const again = await opened.store.insert(
        aRequest({ orderId: 'done', idempotencyKey: 'key-1', totalAmount: 1 }),
      );
      expect(again.replayed).toBe(false);
      expect(again.seq).toBeGreaterThan(young);
      expect(await findings()).toEqual([]);
    });

    it('goes by the end of an order, whenever it was accepted', async () => {
      const retention = retentionOn(opened.database);
      const seq = await order('Processing');
      clock.advance(DAYS * DAY_MS);
      const late = await order('Completed'); // and an older one that ended later is passed by
      await move(seq, 'Processing', 'Completed');
      clock.advance(DAYS * DAY_MS - 1);
      expect(await retention.prune()).toBe(0);
      clock.advance(1);
      expect(await retention.prune()).toBe(2);
      expect(await stored()).not.toContain(late);
    });

    it('deletes any number in small transactions, and an order with a long history by itself', async () => {
      const retention = retentionOn(opened.database);
      const patient = await order('Processing');
      for (let round = 0; round < 600; round++) {
        await move(patient, 'Processing', 'Pending');
        await move(patient, 'Pending', 'Processing');
      }
      await move(patient, 'Processing', 'Completed');
      const receipts = await opened.store.insertAll(Array.from({ length: 250 }, () => aRequest()));
      const seqs = receipts.map((one) => ('value' in one ? one.value.seq : 0));
      await Promise.all(seqs.map((seq) => move(seq, 'Pending', 'Cancelled')));
      let commits = 0;
      opened.events.on('orders.deleted', () => commits++);
      clock.advance(DAYS * DAY_MS);
      expect(await retention.prune()).toBe(251);
      expect(commits).toBe(6);
      expect([await count('orders'), await count('order_history')]).toEqual([0, 0]);
      expect(await findings()).toEqual([]);
    });

    it('waits a bounded time for who has not read of an order in the log', async () => {
      const log = new OrderLog(ordersSql(opened.database));
      const end = async () => (await until(() => log.end())) as LogPosition;
      const retention = retentionOn(opened.database);
      let position: LogPosition = NOTHING;
      holds.add(() => Promise.resolve(position));
      const first = await order('Completed');
      position = await end();
      const second = await order('Processing');
      await move(second, 'Processing', 'Completed');
      position = { ...position, accepted: second };
      clock.advance(DAYS * DAY_MS);
      expect(await retention.prune()).toBe(1);
      expect(await stored()).toEqual([second]); // its acceptance was read, and not its end
      clock.advance(7 * DAY_MS - 1);
      expect(await retention.prune()).toBe(0);
      clock.advance(1);
      expect(await retention.prune()).toBe(1);
      expect(first).toBeLessThan(second);
    });

    it('leaves the end of the log where it was, and tells of the gap before it', async () => {
      const log = new OrderLog(ordersSql(opened.database));
      const retention = retentionOn(opened.database);
      await order('Completed');
      const middle = (await until(() => log.end())) as LogPosition;
      const last = await order('Completed');
      const before = await until(() => log.end());
      expect(await log.hasGapAfter(NOTHING)).toBe(false);
      clock.advance(DAYS * DAY_MS);
      expect(await retention.prune()).toBe(2);
      expect(await until(() => log.end())).toEqual(before);
      expect(await log.hasGapAfter(middle)).toBe(true);
      expect(await log.hasGapAfter(before as LogPosition)).toBe(false);
      const next = await order('Completed');
      expect(next).toBeGreaterThan(last);
      const now = (await until(() => log.end())) as LogPosition;
      const acceptances = await log.read(before as LogPosition, now, 10);
      const others = await log.read(acceptances.at(-1)?.position as LogPosition, now, 10);
      expect([...acceptances, ...others].map(({ seq, to }) => [seq, to])).toEqual([
        [next, 'Pending'],
        [next, 'Processing'],
        [next, 'Completed'],
      ]);
    });

    it('does not believe a clock that is set forward for a moment', async () => {
      const retention = retentionOn(opened.database);
      await order('Completed');
      clock.advance(600_000);
      clock.set(365 * DAY_MS);
      expect(await retention.prune()).toBe(0);
      clock.set(-365 * DAY_MS);
      clock.advance(600_000);
      expect(await retention.prune()).toBe(0);
      clock.set(365 * DAY_MS);
      await retention.prune();
      clock.advance(600_000);
      expect(await retention.prune()).toBe(1); // it is a year later, it seems
    });

    it('is done by one of several processes at a time', async () => {
      if (!opened.database.isShared) return; // a file has one process
      const [one, other] = [retentionOn(opened.database), retentionOn(opened.database)];
      await Promise.all(Array.from({ length: 300 }, () => order('Cancelled')));
      clock.advance(DAYS * DAY_MS);
      expect((await Promise.all([one.prune(), other.prune()])).toSorted((a, b) => a - b)).toEqual([0, 300]);
      await order('Cancelled');
      clock.advance(DAYS * DAY_MS);
      expect(await other.prune()).toBe(0);
      await one.beforeApplicationShutdown();
      expect(await other.prune()).toBe(1);
      expect(await findings()).toEqual([]);
    });

    it('goes around orders that another transaction has locked', async () => {
      if (!opened.database.isShared) return;
      const retention = retentionOn(opened.database);
      const held = await order('Completed');
      await order('Completed');
      clock.advance(DAYS * DAY_MS);
      await opened.database.transaction(async (query) => {
        await query('SELECT seq FROM orders WHERE seq = ? FOR UPDATE', [held]);
        expect(await retention.prune()).toBe(1);
      });
      expect(await retention.prune()).toBe(1);
    });

    it('answers a repeat of an order that is being deleted: the order, or that it may be tried again', async () => {
      const retention = retentionOn(opened.database);
      const real = new Clock();
      for (let round = 0; round < 10; round++) {
        await order('Cancelled', 'again');
        clock.advance(DAYS * DAY_MS);
        let isOver = false;
        const pruned = retention.prune().finally(() => (isOver = true));
        let last: unknown;
        for (let key = 0; !isOver; key++) {
          last = await opened.store
            .insert(aRequest({ orderId: 'again', idempotencyKey: `${round}-${key}` }))
            .catch((error: unknown) => error);
          if (last instanceof Error) expect(last.message).toContain('not available');
          await real.turn();
        }
        await pruned;
        const rows = await opened.database.read<{ seq: number }>(
          `SELECT seq FROM orders WHERE order_id = 'again'`,
        );
        for (const { seq } of rows) await move(Number(seq), 'Pending', 'Cancelled');
        clock.advance(DAYS * DAY_MS);
        await retention.prune();
      }
      expect(await findings()).toEqual([]);
    });
  });
