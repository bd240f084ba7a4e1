import { Random } from '../../src/common/random.js';
import { openDatabase } from '../../src/database/open.database.js';
import { IdempotencyKeyConflict, OrderIdConflict } from '../../src/domain/order.errors.js';
import type { OrderStatus } from '../../src/domain/order.status.js';
import { ErasedElsewhere } from '../../src/orders/erasure/erased.elsewhere.js';
import { OrderErasure } from '../../src/orders/erasure/order.erasure.js';
import { ErasedMessages } from '../../src/webhooks/store/erased.messages.js';
import { DeliverySteps } from '../../src/webhooks/store/delivery.steps.js';
import { NOTHING } from '../../src/orders/store/log/log.position.js';
import { findingsIn, PLACES } from '../support/any.database.js';
import { HeldClock } from '../support/held.clock.js';
import { aRequest, openStore, type OpenStore } from '../support/store.js';

const USER = 'wanda "the" \\ user/\u{1F4E6}';

for (const place of Object.values(PLACES))
  (place.isThere ? describe : describe.skip)(`erasing a user on ${place.name}`, () => {
    let made: Awaited<ReturnType<typeof place.create>>;
    let opened: OpenStore;
    let erasure: OrderErasure;
    const clock = new HeldClock();

    const move = (seq: number, from: OrderStatus, to: OrderStatus, more = {}) =>
      opened.store.transition({ seq, from, to, at: clock.now(), ...more });
    const order = async (status: OrderStatus, fields: Parameters<typeof aRequest>[0] = {}) => {
      const { seq } = await opened.store.insert(aRequest({ userId: USER, ...fields }));
      if (status === 'Cancelled') await move(seq, 'Pending', 'Cancelled', { reason: 'cancelled' });
      if (['Processing', 'Completed', 'Failed'].includes(status)) await move(seq, 'Pending', 'Processing');
      const error = { code: 'refused', message: `not for ${USER}`, attempt: 1 };
      const reason = `refused: not for ${USER}`;
      if (status === 'Completed') await move(seq, 'Processing', 'Completed');
      if (status === 'Failed') await move(seq, 'Processing', 'Failed', { error, reason });
      return seq;
    };
    const rows = () => opened.database.read<Record<string, unknown>>('SELECT * FROM orders ORDER BY seq');
    /** Whether the user is anywhere in the database. */
    const traces = async () => {
      const all: string[] = [];
      for (const table of ['orders', 'order_history', 'order_keys', 'webhook_deliveries'])
        all.push(JSON.stringify(await opened.database.read(`SELECT * FROM ${table}`)));
      return all.join().includes('wanda');
    };

    beforeEach(async () => {
      made = await place.create();
      opened = await openStore(
        async () => ({ database: await openDatabase(made.url, 6), remove: () => made.remove() }),
        clock,
      );
      const elsewhere = new ErasedElsewhere();
      elsewhere.add(new ErasedMessages(opened.database));
      erasure = new OrderErasure(opened.store, opened.reader, elsewhere, new Random());
    });
    afterEach(() => opened.close());

    it('leaves what the books need, and nothing of the user', async () => {
      await order('Completed', { orderId: 'a', idempotencyKey: 'wanda-1' });
      await opened.store.insert(aRequest({ userId: USER, orderId: 'a', idempotencyKey: 'wanda-2' }));
      await order('Failed', { orderId: 'b' });
      await order('Cancelled', { orderId: 'c' });
      await order('Completed', { orderId: 'd', userId: 'another' });
      const before = await rows();
      const counts = await opened.counters.counts();
      expect(await traces()).toBe(true);
      expect(await erasure.erase(USER, 1000)).toEqual({ erased: 3, hasMore: false, unfinished: 0 });
      expect(await traces()).toBe(false);
      const after = await rows();
      const pseudonym = after[0]?.['user_id'];
      expect(pseudonym).toMatch(/^erased-[0-9a-f-]{36}$/);
      expect(after).toEqual(
        before.map((row, index) =>
          index < 3 ? { ...row, user_id: pseudonym, error: null, idempotency_key: null } : row,
        ),
      );
      expect((await opened.reader.history('c')).map(({ reason }) => reason)).toEqual([null, 'cancelled']);
      opened.counters.forget();
      expect(await opened.counters.counts()).toEqual(counts);
      expect(
        await findingsIn(made.url, { sent: new Set('abcd'), acknowledged: new Set('ad') }).catch(String),
      ).toEqual(opened.database.isShared ? [] : expect.stringContaining('in use'));
    });

    it('makes a repeat of an erased order a conflict, and frees its keys', async () => {
      const request = aRequest({ userId: USER, orderId: 'a', idempotencyKey: 'key' });
      await order('Completed', request);
      await erasure.erase(USER, 1000);
      await expect(opened.store.insert({ ...request, idempotencyKey: null })).rejects.toThrow(
        OrderIdConflict,
      );
      await expect(opened.store.insert(request)).rejects.toThrow(OrderIdConflict);
      const fresh = await opened.store.insert({ ...request, orderId: null });
      expect(fresh.replayed).toBe(false);
      await expect(opened.store.insert({ ...request, orderId: null, totalAmount: 1 })).rejects.toThrow(
        IdempotencyKeyConflict,
      );
    });

    it('goes in bounded steps, oldest first, past orders that wait or are in work', async () => {
      const waiting = await order('Pending');
      const running = await order('Processing');
      const receipts = await opened.store.insertAll(
        Array.from({ length: 230 }, () => aRequest({ userId: USER })),
      );
      const seqs = receipts.map((one) => ('value' in one ? one.value.seq : 0));
      await Promise.all(seqs.map((seq) => move(seq, 'Pending', 'Cancelled')));
      expect(await erasure.erase(USER, 150)).toEqual({ erased: 150, hasMore: true, unfinished: 2 });
      expect(await erasure.erase(USER, 80)).toEqual({ erased: 80, hasMore: false, unfinished: 2 });
      await move(waiting, 'Pending', 'Cancelled');
      await move(running, 'Processing', 'Completed');
      expect(await erasure.erase(USER, 1)).toEqual({ erased: 1, hasMore: true, unfinished: 0 });
      expect(await erasure.erase(USER, 1)).toEqual({ erased: 1, hasMore: false, unfinished: 0 });
      expect(await erasure.erase(USER, 1)).toEqual({ erased: 0, hasMore: false, unfinished: 0 });
    });

    it('of an order that a person retries at the same time, one of the two happens first, and both stay whole', async () => {
      const seqs = await Promise.all(Array.from({ length: 40 }, () => order('Failed')));
      const retry = (seq: number) => move(seq, 'Failed', 'Pending', { requeue: true, reason: 'retried' });
      const [{ erased }] = await Promise.all([erasure.erase(USER, 1000), ...seqs.map(retry)]);
      for (const row of await rows()) {
        expect(row['status']).toBe('Pending');
        const isErased = row['user_id'] !== USER;
        expect(row['error'] === null).toBe(isErased);
      }
      expect((await rows()).filter((row) => row['user_id'] !== USER)).toHaveLength(erased);
    });

    it('is in messages that wait, that were delivered, and that were read of the log before', async () => {
      const seq = await order('Completed', { orderId: 'a' });
      const message = (messageId: string) => ({
        messageId,
        orderSeq: seq,
        userId: USER,
        payload: JSON.stringify({
          type: 'order.completed',
          data: { order_id: 'a', user_id: USER, to: 'Completed' },
        }),
      });
      await opened.database.write(
        `INSERT INTO webhooks (id, url, statuses, secrets, state, owner, accepted, transitioned, created_at, updated_at)
         VALUES ('one', 'http://x', '[]', '[]', 'enabled', 'me', 0, 0, 0, 0)`,
      );
      const steps = new DeliverySteps(opened.database, clock);
      const step = (to: number, ...deliveries: ReturnType<typeof message>[]) =>
        steps.write({
          webhookId: 'one',
          owner: 'me',
          results: [],
          deliveries,
          from: { ...NOTHING, accepted: to - 1 },
          to: { ...NOTHING, accepted: to },
          disable: () => undefined,
        });
      await step(1, message('m1'), message('m2'));
      await opened.database.write(
        `UPDATE webhook_deliveries SET state = 'delivered' WHERE message_id = 'm1'`,
      );
      await erasure.erase(USER, 10);
      await step(2, message('m3'));
      expect(await traces()).toBe(false);
      const [row] = await rows();
      const payloads = await opened.database.read<{ payload: string }>(
        'SELECT payload FROM webhook_deliveries',
      );
      const users = payloads.map(
        ({ payload }) => (JSON.parse(payload) as { data: { user_id: string } }).data.user_id,
      );
      expect(users).toEqual([row?.['user_id'], row?.['user_id'], row?.['user_id']]);
    });
  });
