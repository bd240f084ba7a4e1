import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';

/** Since when the one has waited that is at it longest, in milliseconds since 1970; undefined where there is none. */
export interface OldestInstants {
  pending: number | undefined;
  processing: number | undefined;
}

/** How long that is, in milliseconds; 0 where there is none. */
export interface OldestAges {
  pendingMs: number;
  processingMs: number;
}

/** How old the orders are that are at it longest. Whoever can read orders brings the question, as metrics know no table of them. */
@Injectable()
export class OldestOrders {
  #read: () => Promise<OldestInstants> = () => Promise.resolve({ pending: undefined, processing: undefined });

  constructor(private readonly clock: Clock) {}

  readBy(read: () => Promise<OldestInstants>): void {
    this.#read = read;
  }

  /** @throws DatabaseUnavailable */
  async ages(): Promise<OldestAges> {
    const { pending, processing } = await this.#read();
    const now = this.clock.now();
    const ageOf = (since = now) => Math.max(0, now - since);
    return { pendingMs: ageOf(pending), processingMs: ageOf(processing) };
  }
}
