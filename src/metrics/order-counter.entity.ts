import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Named sums over the orders, kept in the transactions that change them: exact, and read without counting. */
@Entity('order_counters')
export class OrderCounterEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  name!: string;

  /** The shard: on a server a transaction adds to one at random, so that few wait for each other's row lock; the sum counts. */
  @PrimaryColumn({ name: 'slot', type: 'integer' })
  shard!: number;

  @Column({ type: 'bigint' })
  value!: number;
}
