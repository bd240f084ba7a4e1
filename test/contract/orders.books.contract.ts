import fc from 'fast-check';
import { bucketOf } from '../../src/metrics/histogram.js';
import { WAIT_BOUNDS_MS, type OrderCounts } from '../../src/metrics/order.counters.js';
import { INTERRUPTED, RELEASED } from '../../src/domain/order.transition.js';
import { ORDER_STATUSES, STATUSES, type OrderStatus } from '../../src/domain/order.status.js';
import { HeldClock } from '../support/held.clock.js';
import { aRequest, openStore, type OpenDatabase, type OpenStore } from '../support/store.js';

/** A write to do; `order` picks one of the orders there are. */
type Write =
  | { what: 'insert'; content: number }
  | {
      what: 'move';
      order: number;
      from: OrderStatus;
      to: number;
      fails: boolean;
      requeue: boolean;
      reason?: string | undefined;
    };

const write = fc.oneof(
  fc.record({ what: fc.constant('insert' as const), content: fc.nat(20) }),
  fc.record({
    what: fc.constant('move' as const),
    order: fc.nat(),
    from: fc.constantFrom('Pending' as const, 'Pending' as const, 'Processing' as const, 'Failed' as const),
    to: fc.nat(2),
    fails: fc.boolean(),
    requeue: fc.boolean(),
    reason: fc.constantFrom(undefined, INTERRUPTED, RELEASED, `${INTERRUPTED}: by the handler`),
  }),
);
/** Each inner array is written at once. */
const bursts = fc.array(
  fc.record({ writes: fc.array(write, { minLength: 1, maxLength: 30, size: 'max' }), waitMs: fc.nat(5000) }),
  { minLength: 1, maxLength: 8 },
);

interface Line {
  seq: number;
  from: OrderStatus | null;
  to: OrderStatus;
  attempt: number;
  at: number;
  reason: string | null;
}

interface Row {
  seq: number;
  status: OrderStatus;
  attempts: number;
  created_at: number;
  started_at: number | null;
  completed_at: number | null;
}

/** The table, the history, the counters and the news tell one story, whatever was written at once. */
export function booksContract(open: OpenDatabase): void {
  describe('after any writes', () => {
    let opened: OpenStore;
    const clock = new HeldClock();
    beforeAll(async () => (opened = await openStore(open, clock)));
    afterAll(() => opened.close());

    it('status, history, counters and announcements agree', async () => {
      await fc.assert(
        fc.asyncProperty(bursts, async (all) => {
          for (const { writes, waitMs } of all) {
            const { orders } = await books();
            await Promise.allSettled(writes.map((one) => perform(one, orders)));
            clock.advance(waitMs);
          }
          const { orders, history } = await books();
          for (const order of orders) expectStory(order, history.get(order.seq) ?? []);
          expect(await opened.counters.counts()).toEqual(recount(orders, history));
          const news = Map.groupBy(opened.announced.flat(), ({ seq }) => seq);
          for (const [seq, lines] of history) expect(news.get(seq)).toMatchObject(lines.map(told));
          expect(opened.announced.flat()).toHaveLength([...history.values()].flat().length);
        }),
        { numRuns: 25 },
      );
    });

    async function perform(one: Write, orders: Row[]): Promise<void> {
      if (one.what === 'insert') {
        await opened.store.insert(
          aRequest({ orderId: `order-${one.content}`, totalAmount: one.content % 2 }),
        );
        await opened.store.insert(aRequest());
        return;
      }
      const order = orders[one.order % orders.length];
      const to: OrderStatus | undefined = STATUSES[one.from].next[one.to % STATUSES[one.from].next.length];
      if (!order || !to) return;
      const error = { code: 'busy', message: 'busy', attempt: order.attempts };
      await opened.store.transition({
        seq: order.seq,
        from: one.from,
        to,
        at: clock.now(),
        ...(one.fails && one.from === 'Processing' && to !== 'Completed' && { error }),
        ...(one.requeue && to === 'Pending' && { requeue: true }),
        ...(one.reason && { reason: one.reason }),
      });
    }

    async function books(): Promise<{ orders: Row[]; history: Map<number, Line[]> }> {
      const orders = await opened.database.read<Row>('SELECT * FROM orders ORDER BY seq');
      const lines = await opened.database.read<Line>(
        'SELECT order_seq AS seq, from_status AS "from", to_status AS "to", attempt, at, reason FROM order_history ORDER BY id',
      );
      const accepted = orders.map(({ seq, created_at: at }) => ({
        seq,
        from: null,
        to: 'Pending' as const,
        attempt: 0,
        at,
        reason: null,
      }));
      return { orders, history: Map.groupBy([...accepted, ...lines], ({ seq }) => seq) };
    }
  });
}

/** What of a line is announced. */
function told({ seq, from, to, attempt, at }: Line): Omit<Line, 'reason'> {
  return { seq, from, to, attempt, at };
}

function expectStory(order: Row, lines: Line[]): void {
  expect(lines[0]?.from).toBeNull();
  expect(lines.slice(1).map(({ from }) => from)).toEqual(lines.slice(0, -1).map(({ to }) => to));
  expect(lines.at(-1)?.to).toBe(order.status);
  expect(lines.filter(({ to }) => to === 'Processing')).toHaveLength(order.attempts);
}

function recount(orders: Row[], history: Map<number, Line[]>): OrderCounts {
  const having = (status: OrderStatus) => orders.filter((order) => order.status === status).length;
  const waits = orders.flatMap(({ seq, created_at }) => {
    const start = history.get(seq)?.find(({ to }) => to === 'Processing');
    return start ? start.at - created_at : [];
  });
  const durations = orders
    .filter(({ status }) => status === 'Completed')
    .map(({ started_at, completed_at }) => (completed_at ?? NaN) - (started_at ?? NaN));
  const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
  const buckets = new Map([...Map.groupBy(durations, bucketOf)].map(([bucket, all]) => [bucket, all.length]));
  const returns = [...history.values()].flat().filter(({ from, to }) => from && to === 'Pending');
  const ofWork = returns.filter(({ from }) => from === 'Processing');
  const cutOff = ofWork.filter(({ reason }) => reason === INTERRUPTED || reason === RELEASED);
  return {
    byStatus: Object.fromEntries(ORDER_STATUSES.map((status) => [status, having(status)])) as Record<
      OrderStatus,
      number
    >, // fromEntries forgets the keys' type
    deleted: { Pending: 0, Processing: 0, Completed: 0, Failed: 0, Cancelled: 0 },
    started: waits.length,
    waitMs: sum(waits),
    completed: durations.length,
    processingMs: sum(durations),
    waits: new Map([...Map.groupBy(waits, boundOf)].map(([bound, all]) => [bound, all.length])),
    processingTimes: buckets,
    retried: ofWork.length - cutOff.length,
    interrupted: cutOff.length,
    redriven: returns.length - ofWork.length,
  };
}

function boundOf(waitMs: number): number {
  return WAIT_BOUNDS_MS.find((bound) => waitMs <= bound) ?? NaN;
}
