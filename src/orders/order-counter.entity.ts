import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Named sums over the orders, kept in the transactions that change them: exact, and read without counting. */
@Entity('order_counters')
export class OrderCounterEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  name!: string;

  /** On a server a transaction adds to one at random, so that few wait for each other; the sum counts. SQLite's is 0. */
  @PrimaryColumn({ type: 'integer' })
  slot!: number;

  @Column({ type: 'bigint' })
  value!: number;
}
