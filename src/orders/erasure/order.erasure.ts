import { Injectable } from '@nestjs/common';
import { Random } from '../../common/random.js';
import { STATUSES } from '../../domain/order.status.js';
import type { ListCursor } from '../store/orders.pages.js';
import { OrdersReader } from '../store/orders.reader.js';
import { OrdersStore } from '../store/orders.store.js';
import { ErasedElsewhere } from './erased.elsewhere.js';

/** Orders that one transaction erases. */
const BATCH = 100;

export interface Erased {
  erased: number;
  /** Whether more can be erased at once. */
  hasMore: boolean;
  /** Orders among those that were looked at which wait or are in work: they can be erased when they have ended. */
  unfinished: number;
}

/**
 * Takes a user out of their orders that are not in work: the books keep what was ordered, for how much and when. In small
 * transactions, each whole; what was erased is found under the user no more, so a further call goes on.
 */
@Injectable()
export class OrderErasure {
  constructor(
    private readonly store: OrdersStore,
    private readonly reader: OrdersReader,
    private readonly elsewhere: ErasedElsewhere,
    private readonly random: Random,
  ) {}

  /** The oldest orders first, at most `limit`. @throws DatabaseUnavailable */
  async erase(userId: string, limit: number): Promise<Erased> {
    const pseudonym = `erased-${this.random.uuid()}`; // random: nothing leads back from it
    const result: Erased = { erased: 0, hasMore: false, unfinished: 0 };
    let left = limit;
    for (let from: ListCursor | undefined = { createdAt: 0, seq: 0 }; from;) {
      const orders = await this.reader.ofUser(userId, from, BATCH);
      const finished = orders.filter(({ status }) => STATUSES[status].work === 'none');
      const seqs = finished.slice(0, left).map(({ seq }) => seq);
      left -= seqs.length;
      result.unfinished += orders.length - finished.length;
      if (seqs.length > 0)
        result.erased += await this.store.erase({ seqs, userId, pseudonym, elsewhere: this.elsewhere.parts });
      result.hasMore = finished.length > seqs.length;
      const last = orders.at(-1);
      const isOver = result.hasMore || orders.length < BATCH || !last;
      from = isOver ? undefined : { createdAt: last.createdAt, seq: last.seq + 1 };
    }
    return result;
  }
}
