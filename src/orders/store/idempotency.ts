import type { Outcome } from '../../common/batcher.js';
import type { Receipt } from '../../domain/order.js';
import { judgeRepeat, type HolderRow, type NewOrder } from './idempotency.rules.js';
import type { OrdersSql } from './sql/orders.sql.js';

/**
 * Of the items of orders that are compared at once, in characters: a few small requests may name the ids of many large
 * orders. Items longer than those of every request beside them are not read at all, for they are other items.
 */
const MOST_COMPARED = 4 * 1024 * 1024;

/** Answers requests whose id or key is taken, after the commit that left them out. Its promise: a key is never forgotten. */
export class Idempotency {
  constructor(private readonly sql: OrdersSql) {}

  /** @returns for each request the receipt of the order that it repeats, or the conflict with the one that is there */
  async answer(orders: NewOrder[]): Promise<Outcome<Receipt>[]> {
    const outcomes: Outcome<Receipt>[] = [];
    for (const some of inPortions(orders)) outcomes.push(...(await this.#answerSome(some)));
    return outcomes;
  }

  async #answerSome(orders: NewOrder[]): Promise<Outcome<Receipt>[]> {
    try {
      const holders = await this.#holders(orders);
      const outcomes = orders.map((order) => judgeRepeat(order, holders));
      const keys = orders.flatMap(({ idempotencyKey: key }, index): [string, number][] => {
        const outcome = outcomes[index];
        const isNew = key !== null && !holders.some(({ idempotencyKey }) => idempotencyKey === key);
        return isNew && outcome && 'value' in outcome ? [[key, outcome.value.seq]] : [];
      });
      if (keys.length === 0) return outcomes;
      await this.sql.insertKeys(keys);
      const after = await this.#holders(orders); // another request may have taken one of the keys first
      return orders.map((order) => judgeRepeat(order, after));
    } catch (error) {
      return orders.map(() => ({ error })); // those that were stored beside them have their receipts
    }
  }

  #holders(orders: NewOrder[]): Promise<HolderRow[]> {
    const ids = orders.map(({ orderId }) => orderId);
    const keys = orders.flatMap(({ idempotencyKey }) => idempotencyKey ?? []);
    const longest = Math.max(...orders.map(({ itemIds }) => JSON.stringify(itemIds).length));
    return this.sql.holders(ids, keys, longest);
  }
}

/** Requests in their order, so many at once that what is read for them is bounded. */
function* inPortions(orders: NewOrder[]): Generator<NewOrder[]> {
  let portion: NewOrder[] = [];
  let longest = 0;
  for (const order of orders) {
    const length = JSON.stringify(order.itemIds).length;
    longest = Math.max(longest, length);
    if (portion.length > 0 && longest * (portion.length + 1) > MOST_COMPARED) {
      yield portion;
      portion = [];
      longest = length;
    }
    portion.push(order);
  }
  if (portion.length > 0) yield portion;
}
