import type { Database, Query } from '../../database/database.js';
import type { CopiedTable, Row } from '../columns.js';

/** What a copy does that is not the same on every database, and that nothing else does; the rest is `OrdersSql`'s. */
export abstract class CopySql {
  constructor(protected readonly database: Database) {}

  /** Inserts rows as they are. `text` is the same rows as JSON. */
  abstract insert(query: Query, table: CopiedTable, rows: Row[], text: string): Promise<void>;

  /** `order_history`, a range of which is to be found by the numbers of the orders. */
  abstract readonly history: string;

  /** The last number given of the sequence that `seq` and `queue_seq` are taken from; 0: none. */
  abstract lastNumber(): Promise<number>;

  /** The next number is greater than `last`, and the next entry's id than those there are. */
  abstract continueAfter(query: Query, last: number): Promise<void>;

  /** Whether this is the other's database of the same server, under whatever name: a lock in one is seen in the other. */
  abstract isSameAs(other: Database): Promise<boolean>;
}

/** `orders (seq, order_id, …)` */
export function intoColumns({ name, columns }: CopiedTable): string {
  return `${name} (${columns.map((column) => column.name).join(', ')})`;
}
