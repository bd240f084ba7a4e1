import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { WebhookState } from '../webhook.js';

/** An endpoint that is told of transitions, and up to where in the log of orders its messages are made. */
@Entity('webhooks')
export class WebhookEntity {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 2048 })
  url!: string;

  /** JSON: the statuses that it wants to be told of. */
  @Column({ type: 'varchar', length: 255 })
  statuses!: string;

  /** JSON: `Secret[]`, the newest last. */
  @Column({ type: 'text' })
  secrets!: string;

  @Column({ type: 'varchar', length: 16 })
  state!: WebhookState;

  @Column({ name: 'disabled_at', type: 'bigint', nullable: true })
  disabledAt!: number | null;

  @Column({ name: 'disabled_reason', type: 'varchar', length: 255, nullable: true })
  disabledReason!: string | null;

  /** Since when every attempt has failed. */
  @Column({ name: 'failing_since', type: 'bigint', nullable: true })
  failingSince!: number | null;

  /** With `transitioned`: a `LogPosition`. Its messages up to there are in the table of deliveries. */
  @Column({ type: 'bigint' })
  accepted!: number;

  @Column({ type: 'bigint' })
  transitioned!: number;

  /** The process that delivers, and until when no other one may. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  owner!: string | null;

  @Column({ name: 'lease_until', type: 'bigint', nullable: true })
  leaseUntil!: number | null;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;

  @Column({ name: 'updated_at', type: 'bigint' })
  updatedAt!: number;
}
