import { strict as assert } from 'node:assert';
import createClient from 'openapi-fetch';
import type { components, paths } from './openapi.js';

/**
 * A shop that uses Ordermill through the client that is generated from its document. `generated.client.test.ts` makes
 * `openapi.ts`, compiles both with all checks, and runs this with the server's URL; it prints what it has read.
 */
const api = createClient<paths>({ baseUrl: process.argv[2] ?? 'http://127.0.0.1:8000' });

type Order = components['schemas']['OrderDetailDto'];
type Problem = components['schemas']['Problem'];

const order = { order_id: 'shop-1', user_id: 7, item_ids: ['item-1', 2], total_amount: 29.99 };

async function untilCompleted(id: string): Promise<Order> {
  for (;;) {
    const { data, error } = await api.GET('/orders/{id}', { params: { path: { id } } });
    if (!data) throw new Error(error.detail);
    if (data.status === 'Completed') return data;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const created = await api.POST('/orders', { body: order });
assert.equal(created.response.status, 201);
assert.equal(created.data?.order_id, 'shop-1');

const repeated = await api.POST('/orders', {
  body: order,
  params: { header: { 'Idempotency-Key': 'shop-1-once' } },
});
assert.equal(repeated.response.headers.get('idempotent-replayed'), 'true');

const conflict = await api.POST('/orders', { body: { ...order, total_amount: 1 } });
const problem: Problem | undefined = conflict.error;
assert.equal(problem?.status, 409);

const batch = await api.POST('/orders/batch', {
  body: { orders: [{ user_id: 7, item_ids: [3], total_amount: 5 }, 'no order'] },
});
assert.deepEqual([batch.data?.accepted, batch.data?.rejected], [1, 1]);
const wrong: string[] = batch.data?.results[1]?.errors?.map(({ message }) => message) ?? [];

const completed = await untilCompleted('shop-1');
const amount: number = completed.total_amount;

const { data: status } = await api.GET('/orders/{id}/status', { params: { path: { id: 'shop-1' } } });
const { data: history } = await api.GET('/orders/{id}/history', { params: { path: { id: 'shop-1' } } });
const { data: page } = await api.GET('/orders', { params: { query: { user_id: '7', limit: 1 } } });
const next = page?.next_cursor;
const { data: rest } = await api.GET('/orders', { params: { query: next ? { cursor: next } : {} } });

const cancelled = await api.POST('/orders/{id}/cancel', { params: { path: { id: 'shop-1' } } });
const retried = await api.POST('/orders/retry', { body: { user_id: 7 } });
const { data: metrics } = await api.GET('/metrics');
const { data: text } = await api.GET('/metrics/prometheus', { parseAs: 'text' });
const accepted = /^ordermill_orders_accepted_total (\d+)$/m.exec(text ?? '')?.[1];
const { data: ready } = await api.GET('/health/ready');

const moves: (string | null)[] = history?.map(({ to }) => to) ?? [];
console.log(
  JSON.stringify({
    amount,
    wrong,
    status: status?.status,
    moves,
    ids: [...(page?.orders ?? []), ...(rest?.orders ?? [])].map(({ user_id }) => user_id),
    tooLate: cancelled.error?.detail,
    retried: retried.data?.retried,
    accepted,
    total: metrics?.status_counts.Completed,
    ready: ready?.status,
  }),
);

/** What the compiler must refuse: a type that lets everything in would be none. Never called. */
export async function mistakes(): Promise<void> {
  // @ts-expect-error -- an amount is a number
  await api.POST('/orders', { body: { ...order, total_amount: '29.99' } });
  // @ts-expect-error -- an order has items
  await api.POST('/orders', { body: { user_id: 7, total_amount: 1 } });
  // @ts-expect-error -- neither has one of a batch
  await api.POST('/orders/batch', { body: { orders: [{ user_id: 7, total_amount: 1 }] } });
  // @ts-expect-error -- no status is called so
  await api.GET('/orders', { params: { query: { status: 'Shipped' } } });
  // @ts-expect-error -- the id is in the path
  await api.GET('/orders/{id}');
  // @ts-expect-error -- the aliases of older systems are not for new clients
  await api.GET('/order/{id}', { params: { path: { id: 'shop-1' } } });
  // @ts-expect-error -- there is no such field
  console.log(completed.total);
}
