import { randomUUID } from 'node:crypto';

/** A request, and what is right to answer. */
export interface Call {
  /** Not sent before, in milliseconds from the start. */
  atMs: number;
  path: '/orders' | '/orders/batch';
  headers?: Record<string, string>;
  body: string;
  /** For each order of the body: the status codes that are right. */
  expected: number[][];
  /** Requests for the same one order: one of them may be answered 201. */
  group?: string;
  /** Sent once this one has been answered. */
  next?: Call;
}

export interface Plan {
  /** To be accepted; what must be refused comes on top. */
  orders: number;
  /** Orders a second, of the scenarios that have a rate. */
  rate: number;
  userId: string;
}

interface Scenario {
  title: string;
  calls(plan: Plan): Call[];
}

const BURSTS = 5;
const BETWEEN_BURSTS_MS = 2000;
const REPEATS = 3;
const BATCH = 10;

const ACCEPTED = [201];
const ACCEPTED_OR_REPLAYED = [201, 200];
const REFUSED = [400];

const JSON_TYPE = { 'content-type': 'application/json' };

function order(userId: string, fields: object = {}) {
  return {
    order_id: randomUUID(),
    user_id: userId,
    item_ids: ['item-1', 'item-2'],
    total_amount: 29.99,
    ...fields,
  };
}

function post(body: object | string, expected: number[], rest: Partial<Call> = {}): Call {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { atMs: 0, path: '/orders', headers: JSON_TYPE, body: text, expected: [expected], ...rest };
}

/** Bodies that are wrong in one thing each. */
const BAD = (userId: string): Call[] => [
  post('{"user_id":', REFUSED),
  post('[]', REFUSED),
  post(order(userId, { user_id: undefined }), REFUSED),
  post(order(userId, { user_id: '' }), REFUSED),
  post(order(userId, { item_ids: [] }), REFUSED),
  post(order(userId, { item_ids: 'item-1' }), REFUSED),
  post(order(userId, { item_ids: Array.from({ length: 1001 }, () => 'item') }), REFUSED),
  post(order(userId, { total_amount: -1 }), REFUSED),
  post(order(userId, { total_amount: 1.999 }), REFUSED),
  post(order(userId, { total_amount: '1.99' }), REFUSED),
  post(order(userId, { order_id: 'not a url part' }), REFUSED),
  post(order(userId, { orderId: 'a typo' }), REFUSED),
  post(order(userId), [415], { headers: { 'content-type': 'text/plain' } }),
];

/** The same order several times at once, and then another one under its id or key. */
function repeated(userId: string, hasKey: boolean): Call[] {
  const group = randomUUID();
  const headers = { ...JSON_TYPE, ...(hasKey && { 'idempotency-key': group }) };
  const content = order(userId, { order_id: hasKey ? undefined : group });
  const calls = Array.from({ length: REPEATS }, () =>
    post(content, ACCEPTED_OR_REPLAYED, { group, headers }),
  );
  const [first] = calls;
  if (first) first.next = post({ ...content, total_amount: 1 }, [hasKey ? 422 : 409], { group, headers });
  return calls;
}

/** Ten orders, the last of them bad. */
function batch(userId: string): Call {
  const orders = Array.from({ length: BATCH - 1 }, () => order(userId));
  const body = JSON.stringify({ orders: [...orders, order(userId, { total_amount: -1 })] });
  return { ...post(body, []), path: '/orders/batch', expected: [...orders.map(() => ACCEPTED), REFUSED] };
}

const single = (userId: string) => post(order(userId), ACCEPTED);
const times = <Result>(count: number, make: (index: number) => Result) =>
  Array.from({ length: count }, (_, i) => make(i));

/** Each at its moment, so many orders a second. */
function atRate({ rate }: Plan, calls: Call[]): Call[] {
  return calls.map((call, index) => ({ ...call, atMs: (1000 * index) / rate }));
}

export const SCENARIOS: Record<string, Scenario> = {
  burst: {
    title: 'all orders at once',
    calls: ({ orders, userId }) => times(orders, () => single(userId)),
  },
  bursts: {
    title: `${BURSTS} bursts, ${BETWEEN_BURSTS_MS / 1000} s apart`,
    calls: ({ orders, userId }) =>
      times(orders, (index) => ({
        ...single(userId),
        atMs: Math.floor((BURSTS * index) / orders) * BETWEEN_BURSTS_MS,
      })),
  },
  steady: {
    title: '--rate orders a second',
    calls: (plan) =>
      atRate(
        plan,
        times(plan.orders, () => single(plan.userId)),
      ),
  },
  duplicates: {
    title: `each order ${REPEATS} times at once, by its id or an Idempotency-Key, then another one under it`,
    calls: ({ orders, userId }) => times(orders, (index) => repeated(userId, index % 2 === 1)).flat(),
  },
  'bad-input': {
    title: 'beside each order one that must be refused',
    calls: ({ orders, userId }) => {
      const bad = BAD(userId);
      return times(orders, (index) => [
        single(userId),
        ...bad.slice(index % bad.length, (index % bad.length) + 1),
      ]).flat();
    },
  },
  mixed: {
    title: '--rate requests a second: single orders, batches, repeats and bad input',
    calls: (plan) => {
      const { orders, userId } = plan;
      const kinds: [accepts: number, make: () => Call[]][] = [
        [1, () => [single(userId)]],
        [BATCH - 1, () => [batch(userId)]],
        [1, () => repeated(userId, false)],
        [0, () => BAD(userId)],
        [1, () => repeated(userId, true)],
      ];
      const calls: Call[] = [];
      for (let accepted = 0, turn = 0; accepted < orders; turn++) {
        const [accepts, make] = kinds[turn % kinds.length] ?? [0, () => []];
        if (accepted + accepts > orders) continue; // a single one fits at last
        calls.push(...make());
        accepted += accepts;
      }
      return atRate(plan, calls);
    },
  },
};
