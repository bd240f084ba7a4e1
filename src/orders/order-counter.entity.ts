import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Named sums over the orders, kept in the transactions that change them: exact, and read without counting. */
@Entity('order_counters')
export class OrderCounterEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  name!: string;

  @Column({ type: 'bigint' })
  value!: number;
}
