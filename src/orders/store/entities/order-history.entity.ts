import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { OrderStatus } from '../../../domain/order.status.js';
import { TypeOn } from '../../../database/sources/portable.data.source.js';

/** One row for each transition of an order, written in its transaction. The acceptance is in the order itself. */
@Entity('order_history')
export class OrderHistoryEntity {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  @TypeOn('sqlite', 'integer')
  id!: number;

  @Index('order_history_order')
  @Column({ name: 'order_seq', type: 'bigint' })
  @TypeOn('sqlite', 'integer')
  orderSeq!: number;

  @Column({ type: 'bigint' })
  at!: number;

  @Column({ name: 'from_status', type: 'varchar', length: 16, nullable: true })
  fromStatus!: OrderStatus;

  @Column({ name: 'to_status', type: 'varchar', length: 16 })
  toStatus!: OrderStatus;

  @Column({ type: 'integer' })
  attempt!: number;

  @Column({ type: 'varchar', length: 255, nullable: true })
  reason!: string | null;
}
