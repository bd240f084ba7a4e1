import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An API key, without the secret itself. */
@Entity('api_keys')
export class ApiKeyEntity {
  /** The public part of the token. */
  @PrimaryColumn({ type: 'varchar', length: 8 })
  id!: string;

  /** What people call it. */
  @Column({ type: 'varchar', length: 100 })
  name!: string;

  /** SHA-256 of the token, in hexadecimal. */
  @Column({ type: 'varchar', length: 64 })
  hash!: string;

  /** Separated by blanks. */
  @Column({ type: 'varchar', length: 255 })
  scopes!: string;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;

  @Column({ name: 'expires_at', type: 'bigint', nullable: true })
  expiresAt!: number | null;

  @Column({ name: 'revoked_at', type: 'bigint', nullable: true })
  revokedAt!: number | null;

  /** Up to a minute late. */
  @Column({ name: 'last_used_at', type: 'bigint', nullable: true })
  lastUsedAt!: number | null;
}
