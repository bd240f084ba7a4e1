import type { OrderError } from '../../src/domain/order.js';
import { ORDERS_TRANSITIONED } from '../../src/domain/order.events.js';
import { isLegal, ORDER_STATUSES } from '../../src/domain/order.status.js';
import type { TransitionRequest } from '../../src/domain/order.transition.js';
import { aRequest, openStore, type OpenDatabase, type OpenStore } from '../support/store.js';

const FAILURE: OrderError = { code: 'busy', message: 'the warehouse is busy', attempt: 1 };

/** What moving an order from one status to another promises. */
export function transitionContract(open: OpenDatabase): void {
  describe('transitions of orders', () => {
    let opened: OpenStore;
    beforeAll(async () => (opened = await openStore(open)));
    afterAll(() => opened.close());

    let at = Date.now();
    const accept = () => opened.store.insert(aRequest());
    const transition = (
      seq: number,
      from: TransitionRequest['from'],
      to: TransitionRequest['to'],
      more: Partial<TransitionRequest> = {},
    ) => opened.store.transition({ seq, from, to, at: ++at, ...more });
    const start = async () => {
      const receipt = await accept();
      await transition(receipt.seq, 'Pending', 'Processing', { owner: 'me' });
      return receipt;
    };

    it('gives the one who starts an order all that there is to process', async () => {
      const { seq, orderId } = await accept();
      expect(await transition(seq, 'Pending', 'Processing', { owner: 'me' })).toEqual({
        seq,
        orderId,
        userId: 'user-1',
        itemIds: ['item-1', 'item-2'],
        totalAmount: 2999,
        traceParent: null,
        status: 'Processing',
        attempts: 1,
        failures: 0,
        queueSeq: seq,
        createdAt: expect.any(Number),
        startedAt: at,
      });
      expect(await opened.reader.get(orderId)).toMatchObject({
        status: 'Processing',
        startedAt: at,
        attempts: 1,
      });
      expect(await opened.reader.processing()).toContainEqual({
        seq,
        queueSeq: seq,
        attempt: 1,
        interruptions: 0,
        owner: 'me',
        isExpired: 0,
      });
    });

    it('leases an attempt to its owner, and ends the lease with the attempt', async () => {
      const { seq } = await accept();
      const lease = () =>
        opened.database.read<{ owner: string | null; lease_until: number | null }>(
          'SELECT owner, lease_until FROM orders WHERE seq = ?',
          [seq],
        );
      await transition(seq, 'Pending', 'Processing', { owner: 'me', leaseMs: 60_000 });
      const [leased] = await lease();
      expect(leased).toMatchObject({ owner: 'me' });
      expect(Number(leased?.lease_until)).toBeGreaterThan(Date.now());
      await transition(seq, 'Processing', 'Completed', { attempt: 1 });
      expect(await lease()).toEqual([{ owner: null, lease_until: null }]);
    });

    it('renews leases, and not beside a transition: both lock the same orders, and would wait for each other', async () => {
      const [one, other] = [await accept(), await accept()];
      for (const { seq } of [one, other])
        await transition(seq, 'Pending', 'Processing', { owner: 'me', leaseMs: 1000 });
      const { database, store } = opened;
      const transaction = database.transaction.bind(database);
      let running = 0;
      let most = 0;
      database.transaction = async (work) => {
        most = Math.max(most, ++running);
        return transaction(work).finally(() => running--);
      };
      await Promise.all([
        transition(one.seq, 'Processing', 'Completed', { attempt: 1 }),
        store.renew('me', 60_000),
        store.renew('somebody else', 120_000),
      ]);
      expect(most).toBe(1);
      const leases = await database.read<{ lease_until: number | null }>(
        'SELECT lease_until FROM orders WHERE seq IN (?, ?) ORDER BY seq',
        [one.seq, other.seq],
      );
      expect(leases[0]).toEqual({ lease_until: null });
      expect(Number(leases[1]?.lease_until)).toBeGreaterThan(Date.now() + 30_000);
      expect(Number(leases[1]?.lease_until)).toBeLessThan(Date.now() + 90_000);
    });

    it('completes an order, and forgets the error of an earlier attempt', async () => {
      const { seq, orderId } = await start();
      await transition(seq, 'Processing', 'Pending', { attempt: 1, error: FAILURE });
      await transition(seq, 'Pending', 'Processing');
      const startedAt = at;
      await transition(seq, 'Processing', 'Completed', { attempt: 2 });
      expect(await opened.reader.get(orderId)).toMatchObject({
        status: 'Completed',
        attempts: 2,
        error: null,
        startedAt,
        completedAt: at,
        updatedAt: at,
      });
    });

    it('makes no transition of an order that is not where it starts', async () => {
      const { seq, orderId } = await accept();
      expect(await transition(seq, 'Processing', 'Completed', { attempt: 0 })).toBeUndefined();
      expect(await transition(seq, 'Failed', 'Pending')).toBeUndefined();
      expect(await transition(seq + 1_000_000, 'Pending', 'Processing')).toBeUndefined();
      expect(await opened.reader.history(orderId)).toHaveLength(1);
    });

    it('lets no attempt be finished by another one', async () => {
      const { seq, orderId } = await start();
      await transition(seq, 'Processing', 'Pending', { attempt: 1, reason: 'interrupted' });
      await transition(seq, 'Pending', 'Processing');
      expect(await transition(seq, 'Processing', 'Completed', { attempt: 1 })).toBeUndefined();
      expect(await opened.reader.status(orderId)).toBe('Processing');
      expect(await transition(seq, 'Processing', 'Completed', { attempt: 2 })).toMatchObject({
        status: 'Completed',
      });
    });

    it('takes an attempt from its owner only once its lease has ended, whatever was read of it before', async () => {
      const { seq } = await accept();
      const take = () => transition(seq, 'Processing', 'Pending', { attempt: 1, ifExpired: true });
      await transition(seq, 'Pending', 'Processing', { owner: 'late', leaseMs: -60_000 });
      expect(await opened.reader.processing()).toContainEqual(expect.objectContaining({ seq, isExpired: 1 }));
      await opened.store.renew('late', 60_000);
      expect(await take()).toBeUndefined();
      await opened.store.renew('late', -60_000);
      expect(await take()).toMatchObject({ seq, status: 'Pending' });
    });

    it('has one winner when many want transitions of one order at once', async () => {
      const { seq, orderId } = await accept();
      const results = await Promise.all([
        ...Array.from({ length: 20 }, () => transition(seq, 'Pending', 'Processing')),
        ...Array.from({ length: 20 }, () => transition(seq, 'Pending', 'Cancelled')),
      ]);
      expect(results.filter(Boolean)).toHaveLength(1);
      expect(results[0]).toMatchObject({ status: 'Processing', attempts: 1 });
      expect(await opened.reader.history(orderId)).toHaveLength(2);
    });

    it('makes several transitions of one order in one commit, in the order in which they were asked for', async () => {
      const { seq, orderId } = await accept();
      await Promise.all([
        transition(seq, 'Pending', 'Processing'),
        transition(seq, 'Processing', 'Pending', { attempt: 1 }),
        transition(seq, 'Pending', 'Cancelled'),
      ]);
      expect((await opened.reader.history(orderId)).map(({ to }) => to)).toEqual([
        'Pending',
        'Processing',
        'Pending',
        'Cancelled',
      ]);
    });

    it('throws at a transition that the state machine does not have', async () => {
      const { seq, orderId } = await accept();
      for (const from of ORDER_STATUSES)
        for (const to of ORDER_STATUSES)
          if (!isLegal(from, to))
            await expect(transition(seq, from, to)).rejects.toThrow(`from ${from} to ${to}`);
      expect(await opened.reader.history(orderId)).toHaveLength(1);
    });

    it('counts a failed attempt as a failure, and an interrupted one not', async () => {
      const { seq, orderId } = await start();
      await transition(seq, 'Processing', 'Pending', { attempt: 1, reason: 'interrupted' });
      await transition(seq, 'Pending', 'Processing');
      await transition(seq, 'Processing', 'Pending', {
        attempt: 2,
        error: FAILURE,
        reason: 'busy: later',
        notBefore: at,
      });
      expect(await opened.reader.get(orderId)).toMatchObject({ attempts: 2, failures: 1, error: FAILURE });
      await opened.store.endDelay([seq], at);
      await transition(seq, 'Pending', 'Processing');
      await transition(seq, 'Processing', 'Failed', { attempt: 3, error: { ...FAILURE, attempt: 3 } });
      expect(await opened.reader.get(orderId)).toMatchObject({
        status: 'Failed',
        attempts: 3,
        failures: 2,
        error: { ...FAILURE, attempt: 3 },
        completedAt: null,
      });
      expect((await opened.reader.history(orderId)).map(({ attempt, reason }) => [attempt, reason])).toEqual([
        [0, null],
        [1, null],
        [1, 'interrupted'],
        [2, null],
        [2, 'busy: later'],
        [3, null],
        [3, null],
      ]);
    });

    it('puts an order that a person retries at the tail of the queue, with its attempts anew', async () => {
      const { seq, orderId } = await start();
      await transition(seq, 'Processing', 'Failed', { attempt: 1, error: FAILURE });
      const before = await accept();
      const made = await transition(seq, 'Failed', 'Pending', { requeue: true, reason: 'retried' });
      const after = await accept();
      expect(made?.queueSeq).toBeGreaterThan(before.seq);
      expect(made?.queueSeq).toBeLessThan(after.seq);
      expect(await opened.reader.get(orderId)).toMatchObject({ failures: 0, attempts: 1, seq });
      const line = await opened.reader.pendingAfter(seq, 100);
      expect(line.map((place) => place.seq)).toEqual([before.seq, seq, after.seq]);
    });

    it('keeps the beginning of a reason, and the whole of an error, whatever their characters', async () => {
      const reasons = [
        'x'.repeat(300),
        '\ud83d\ude00'.repeat(200),
        `${'x'.repeat(254)}\ud83d\ude00`,
        '"\\\n\t',
        '\u0000',
      ];
      for (const reason of reasons) {
        const { seq, orderId } = await start();
        const error = { ...FAILURE, message: reason };
        await transition(seq, 'Processing', 'Failed', { attempt: 1, reason, error });
        const [, , last] = await opened.reader.history(orderId);
        expect(last?.reason?.slice(0, 254)).toBe(reason.slice(0, 254).replaceAll('\0', '\uFFFD'));
        expect((await opened.reader.get(orderId))?.error).toEqual(error);
      }
    });

    it('announces a commit once, with every transition that happened', async () => {
      const orders = [await accept(), await accept(), await accept()];
      opened.announced.length = 0;
      await Promise.all(orders.map(({ seq }) => transition(seq, 'Pending', 'Processing')));
      await transition(orders[0]?.seq ?? 0, 'Pending', 'Cancelled');
      expect(opened.announced).toHaveLength(1);
      expect(opened.announced[0]).toMatchObject(
        orders.map(({ seq, orderId }) => ({ seq, orderId, from: 'Pending', to: 'Processing', attempt: 1 })),
      );
    });

    it('is not harmed by a listener that throws: what is committed is committed', async () => {
      const fail = () => {
        throw new Error('a bad listener');
      };
      opened.events.on(ORDERS_TRANSITIONED, fail);
      const receipts = await Promise.allSettled([accept(), accept()]);
      const { seq } = await opened.store.insert(aRequest({ orderId: 'listened' })).catch(() => ({ seq: -1 }));
      const made = await transition(seq, 'Pending', 'Processing').catch(() => undefined);
      opened.events.off(ORDERS_TRANSITIONED, fail);
      expect(receipts).toMatchObject([{ value: { replayed: false } }, { value: { replayed: false } }]);
      expect(made).toMatchObject({ status: 'Processing' });
    });
  });
}
