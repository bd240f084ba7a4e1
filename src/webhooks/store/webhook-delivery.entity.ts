import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { TypeOn } from '../../database/sources/portable.data.source.js';
import type { DeliveryState } from '../webhook.js';

/** A message for one endpoint. Those of one order are delivered in the order of their ids. */
@Entity('webhook_deliveries')
@Index('webhook_deliveries_due', ['webhookId', 'nextAttemptAt', 'id'])
@Index('webhook_deliveries_state', ['webhookId', 'state', 'id'])
@Index('webhook_deliveries_order', ['webhookId', 'orderSeq'])
export class WebhookDeliveryEntity {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  @TypeOn('sqlite', 'integer')
  id!: number;

  @Column({ name: 'webhook_id', type: 'varchar', length: 36 })
  webhookId!: string;

  /** `webhook-id`: the same for every repeat. */
  @Column({ name: 'message_id', type: 'varchar', length: 64 })
  messageId!: string;

  @Column({ name: 'order_seq', type: 'bigint' })
  orderSeq!: number;

  @Column({ type: 'varchar', length: 16 })
  state!: DeliveryState;

  /** null: finished, or an earlier message of its order is not. */
  @Column({ name: 'next_attempt_at', type: 'bigint', nullable: true })
  nextAttemptAt!: number | null;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** The sum of its back-offs. */
  @Column({ name: 'waited_ms', type: 'bigint', default: 0 })
  waitedMs!: number;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;

  /** Start of the latest attempt, how long it took, and what became of it. */
  @Column({ name: 'attempted_at', type: 'bigint', nullable: true })
  attemptedAt!: number | null;

  @Column({ name: 'duration_ms', type: 'integer', nullable: true })
  durationMs!: number | null;

  @Column({ name: 'response_status', type: 'integer', nullable: true })
  responseStatus!: number | null;

  @Column({ type: 'varchar', length: 255, nullable: true })
  error!: string | null;

  /** The body that is sent. */
  @Column({ type: 'text' })
  payload!: string;
}
