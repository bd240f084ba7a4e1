import { runIn } from '../../src/common/tracing.js';
import { openDatabase } from '../../src/database/open.database.js';
import type { OrderRequest } from '../../src/domain/order.js';
import type { TransitionRequest } from '../../src/domain/order.transition.js';
import { aRequest, openStore } from './store.js';

const TRACED = { traceId: 'a'.repeat(32), context: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01 vendor=value` };

const LONG_ITEMS = Array.from({ length: 1000 }, (_, index) => `${index}-${'é"\\'.repeat(43)}`.slice(0, 128));

function request(index: number): OrderRequest {
  return aRequest({
    orderId: `order-${index}${index % 7 === 0 ? '.~:_-X' : ''}`,
    idempotencyKey: index % 3 === 0 ? `key-${index}` : null,
    userId: index % 4 === 0 ? `Zoë 山田 👩‍👩‍👧 ${index % 50}` : 'user-1',
    itemIds: index % 100 === 1 ? LONG_ITEMS : ['item-1', `'";--\\${index}`],
    totalAmount: index % 5 === 0 ? 99_999_999_999 : index,
  });
}

function again(one: OrderRequest): OrderRequest {
  return { ...one, idempotencyKey: `again-é-${one.orderId}` };
}

/**
 * Fills a new file, by the store itself, with orders in every status: the first half was started, the last tenth
 * cancelled. Each tenth was sent again, which leaves gaps in the numbers, with a key of its own.
 */
export async function createSample(url: string, orders: number): Promise<OrderRequest[]> {
  const { store, close } = await openStore(async () => ({
    database: await openDatabase(url),
    remove: () => undefined,
  }));
  const requests = Array.from({ length: orders }, (_, index) => request(index));
  const outcomes = await runIn(TRACED, () =>
    store.insertAll(requests.flatMap((one, index) => (index % 10 === 0 ? [one, again(one)] : [one]))),
  );
  const seqs = outcomes.flatMap((outcome) => {
    if ('error' in outcome) throw outcome.error;
    return outcome.value.replayed ? [] : outcome.value.seq;
  });
  const started = seqs.slice(0, orders / 2);
  const startedAt = Date.now();
  const moves = (
    of: number[],
    make: (seq: number, index: number) => TransitionRequest | TransitionRequest[],
  ) => store.transitionAll(of.flatMap((seq, index) => make(seq, index)));
  await moves(started, (seq, index) => ({
    seq,
    from: 'Pending',
    to: 'Processing',
    at: startedAt + index,
    owner: 'a process that is gone',
    leaseMs: 1 - index, // it has ended
  }));
  await moves(started, (seq, index) => endOf(seq, index, startedAt + 14 * index));
  await moves(seqs.slice(-orders / 10), (seq) => ({ seq, from: 'Pending', to: 'Cancelled', at: startedAt }));
  await close();
  return requests;
}

/** What becomes of the started orders, in turn. */
function endOf(seq: number, index: number, at: number): TransitionRequest[] {
  const end = { seq, from: 'Processing', at, attempt: 1 } as const;
  const error = { code: 'refused', message: `nö: "${index}"\n`, attempt: 1 };
  const failed = { ...end, to: 'Failed', error, reason: 'refused: nö' } as const;
  const retried = { seq, from: 'Failed', to: 'Pending', at, requeue: true } as const;
  const fates: TransitionRequest[][] = [
    [{ ...end, to: 'Completed' }],
    [failed],
    [], // left in Processing
    [{ ...end, to: 'Pending', error, notBefore: at }],
    [failed, retried],
  ];
  return fates[index % fates.length] ?? [];
}
