import { Injectable } from '@nestjs/common';
import type { Query } from '../../database/database.js';

/** Orders whose user is erased, and what stands there afterwards. */
export interface ErasedUser {
  seqs: number[];
  userId: string;
  pseudonym: string;
}

/** Rows of others that hold the user of an order. They are changed by the transaction that erases the user. */
export interface ErasedPart {
  /** Before the orders are locked: locks what else is written from orders. */
  lock(query: Query): Promise<unknown>;
  erase(query: Query, user: ErasedUser): Promise<unknown>;
}

/** Who keeps a user's id beside the orders says so here: orders know nobody who reads them. */
@Injectable()
export class ErasedElsewhere {
  readonly parts: ErasedPart[] = [];

  add(part: ErasedPart): void {
    this.parts.push(part);
  }
}
