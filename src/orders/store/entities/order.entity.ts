import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { TRACE_CONTEXT_LENGTH } from '../../../common/tracing.js';
import type { OrderStatus } from '../../../domain/order.status.js';
import { TypeOn } from '../../../database/sources/portable.data.source.js';

/** For an index that no decorator can describe for all databases; `migration:generate` leaves it alone. */
const BY_MIGRATION = { synchronize: false } as const;

/**
 * The table of orders: its columns and indexes on every database. Those `BY_MIGRATION` differ from database to database in
 * their columns, their condition or in where nulls stand (`migrations/1763798400000-bounded-reads.ts`), or are not on all.
 */
@Entity('orders')
@Index('orders_pending', BY_MIGRATION)
@Index('orders_delayed', BY_MIGRATION)
@Index('orders_status', BY_MIGRATION)
@Index('orders_user', BY_MIGRATION)
@Index('orders_created', BY_MIGRATION)
@Index('orders_failed', BY_MIGRATION)
@Index('orders_user_failed', BY_MIGRATION)
export class OrderEntity {
  @PrimaryColumn({ type: 'bigint' })
  @TypeOn('sqlite', 'integer') // its row number
  seq!: number;

  @Index('orders_order_id', { unique: true })
  @Column({ name: 'order_id', type: 'varchar', length: 128 })
  orderId!: string;

  @Index('orders_idempotency_key', { unique: true, where: '"idempotency_key" IS NOT NULL' })
  @Column({ name: 'idempotency_key', type: 'varchar', length: 255, nullable: true })
  idempotencyKey!: string | null;

  @Column({ name: 'user_id', type: 'varchar', length: 128 })
  userId!: string;

  /** Minor units: 2999 is 29.99. */
  @Column({ name: 'total_amount', type: 'bigint' })
  totalAmount!: number;

  @Column({ type: 'varchar', length: 16 })
  status!: OrderStatus;

  /** Position in the queue. */
  @Column({ name: 'queue_seq', type: 'bigint' })
  queueSeq!: number;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  @Column({ type: 'integer', default: 0 })
  failures!: number;

  /** Attempts that a crash cut off since a person last retried the order. */
  @Column({ type: 'integer', default: 0 })
  interruptions!: number;

  /** Not to be started before this instant: a failed attempt's back-off. */
  @Column({ name: 'not_before', type: 'bigint', nullable: true })
  notBefore!: number | null;

  /** The process that runs the attempt, and until when it is that process's: then it has failed. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  owner!: string | null;

  @Column({ name: 'lease_until', type: 'bigint', nullable: true })
  leaseUntil!: number | null;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;

  @Column({ name: 'started_at', type: 'bigint', nullable: true })
  startedAt!: number | null;

  @Column({ name: 'completed_at', type: 'bigint', nullable: true })
  completedAt!: number | null;

  @Column({ name: 'updated_at', type: 'bigint' })
  updatedAt!: number;

  /** JSON: `OrderError`. */
  @Column({ type: 'text', nullable: true })
  error!: string | null;

  /** Where the order was accepted: W3C `traceparent`, and `tracestate` after a space. Null: nothing was traced. */
  @Column({ name: 'trace_parent', type: 'varchar', length: TRACE_CONTEXT_LENGTH, nullable: true })
  traceParent!: string | null;

  /** JSON: an array of strings. Last, because it is long. */
  @Column({ name: 'item_ids', type: 'text' })
  @TypeOn('mysql', 'longtext') // its text ends at 64 KiB
  itemIds!: string;
}
