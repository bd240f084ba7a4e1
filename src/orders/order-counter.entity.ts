import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Named sums over the orders, kept in the transactions that change them: exact, and read without counting. */
@Entity('order_counters')
export class OrderCounterEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  name!: string;

  /** A process adds to a slot of its own, so that processes do not wait for each other; the sum counts. */
  @PrimaryColumn({ type: 'integer' })
  slot!: number;

  @Column({ type: 'bigint' })
  value!: number;
}
