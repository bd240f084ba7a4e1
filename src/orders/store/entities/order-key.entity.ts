import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { TypeOn } from '../../../database/sources/portable.data.source.js';

/** The Idempotency-Keys that came with repeats of an order; the one that it was accepted with is in the order itself. */
@Entity('order_keys')
export class OrderKeyEntity {
  @PrimaryColumn({ name: 'idempotency_key', type: 'varchar', length: 255 })
  idempotencyKey!: string;

  @Index('order_keys_order')
  @Column({ name: 'order_seq', type: 'bigint' })
  @TypeOn('sqlite', 'integer')
  orderSeq!: number;
}
