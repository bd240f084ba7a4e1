import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Not, type Repository } from 'typeorm';
import { Clock } from '../../common/clock.js';
import { CONFIG, type Config } from '../../config.js';
import { Database, type Query } from '../../database/database.js';
import { READER } from '../../database/sources/reading.data.source.js';
import { asProperties, columnsOf } from '../../orders/store/columns.js';
import { toPosition, type LogPosition } from '../../orders/store/log/log.position.js';
import { TooManySecrets, TooManyWebhooks, WebhookNotFound, type Secret, type Webhook } from '../webhook.js';
import { WebhookEntity } from './webhook.entity.js';
import { toWebhook } from './webhook.row.js';
import { WEBHOOKS_SQL } from './webhooks.sql.js';

/** How long a secret goes on signing when there is a newer one, so that the receiver can be given that one. */
const ROTATION_MS = 86_400_000;

/** Most secrets that sign at once. */
const MOST_SECRETS = 5;

/** Every column under the name of its property. */
const COLUMNS = asProperties(columnsOf(WebhookEntity));

const INSERT = `
  INSERT INTO webhooks (id, url, statuses, secrets, state, accepted, transitioned, created_at, updated_at)
  VALUES (?, ?, ?, ?, 'enabled', ?, ?, ?, ?)`;

/** What a client gives a webhook, and may change. */
export type WebhookContent = Pick<Webhook, 'url' | 'statuses'>;

/** The webhooks as their clients make, change and read them. */
@Injectable()
export class WebhooksStore {
  readonly #lock: string;

  constructor(
    private readonly database: Database,
    @InjectRepository(WebhookEntity, READER) private readonly webhooks: Repository<WebhookEntity>,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'MAX_WEBHOOKS'>,
  ) {
    this.#lock = WEBHOOKS_SQL[database.dialect].lock;
  }

  /** In the order in which they were made. */
  async list(): Promise<Webhook[]> {
    const rows = await this.webhooks.find({
      where: { state: In(['enabled', 'disabled']) },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
    return rows.map(toWebhook);
  }

  /** Up to where in the log the messages of all are made; undefined: there is no webhook. @throws DatabaseUnavailable */
  async slowest(): Promise<LogPosition | undefined> {
    const [row] = await this.database.read<Record<keyof LogPosition, number | null>>(
      `SELECT MIN(accepted) AS accepted, MIN(transitioned) AS transitioned FROM webhooks WHERE state <> 'deleted'`,
    );
    if (row?.accepted == null || row.transitioned === null) return undefined;
    return toPosition({ accepted: row.accepted, transitioned: row.transitioned });
  }

  /** @throws WebhookNotFound */
  async get(id: string): Promise<Webhook> {
    const row = await this.webhooks.findOneBy({ id, state: Not('deleted') });
    if (!row) throw new WebhookNotFound(id);
    return toWebhook(row);
  }

  /** @param position its messages begin after it. @throws TooManyWebhooks */
  async create({ url, statuses }: WebhookContent, secret: string, position: LogPosition): Promise<Webhook> {
    const id = randomUUID();
    const at = this.clock.now();
    const secrets: Secret[] = [{ secret, expiresAt: null }];
    const texts = [JSON.stringify(statuses), JSON.stringify(secrets)];
    await this.database.transaction(async (query) => {
      const [row] = await query<{ count: number }>(
        `SELECT COUNT(*) AS count FROM webhooks WHERE state <> 'deleted'`,
      );
      if (Number(row?.count) >= this.config.MAX_WEBHOOKS) throw new TooManyWebhooks(this.config.MAX_WEBHOOKS);
      await query(INSERT, [id, url, ...texts, position.accepted, position.transitioned, at, at]);
    });
    return this.get(id);
  }

  /** @throws WebhookNotFound */
  async change(id: string, content: Partial<WebhookContent>): Promise<void> {
    await this.#change(id, async (query, webhook) => {
      const { url, statuses } = { ...webhook, ...content };
      await query('UPDATE webhooks SET url = ?, statuses = ?, updated_at = ? WHERE id = ?', [
        url,
        JSON.stringify(statuses),
        this.clock.now(),
        id,
      ]);
    });
  }

  /** What waits for its next attempt is due at once: the client has mended something. @throws WebhookNotFound */
  async enable(id: string): Promise<void> {
    const at = this.clock.now();
    await this.#change(id, async (query) => {
      await query(
        `UPDATE webhooks SET state = 'enabled', disabled_at = NULL, disabled_reason = NULL, failing_since = NULL, updated_at = ?
         WHERE id = ?`,
        [at, id],
      );
      await query(
        'UPDATE webhook_deliveries SET next_attempt_at = ? WHERE webhook_id = ? AND next_attempt_at > ?',
        [at, id, at],
      );
    });
  }

  /** @throws WebhookNotFound */
  async disable(id: string, reason: string): Promise<void> {
    const at = this.clock.now();
    await this.#change(id, (query, { state }) =>
      state === 'disabled'
        ? Promise.resolve([])
        : query(
            `UPDATE webhooks SET state = 'disabled', disabled_at = ?, disabled_reason = ?, updated_at = ? WHERE id = ?`,
            [at, reason, at, id],
          ),
    );
  }

  /** It is gone for its clients, with its URL and secrets; its deliveries are deleted later. @throws WebhookNotFound */
  async delete(id: string): Promise<void> {
    await this.#change(id, (query) =>
      query(`UPDATE webhooks SET state = 'deleted', url = '', secrets = '[]', updated_at = ? WHERE id = ?`, [
        this.clock.now(),
        id,
      ]),
    );
  }

  /** Adds a secret; the older ones go on signing for a day. @throws WebhookNotFound, TooManySecrets */
  async addSecret(id: string, secret: string): Promise<void> {
    const at = this.clock.now();
    await this.#change(id, async (query, webhook) => {
      const older = webhook.secrets
        .filter(({ expiresAt }) => expiresAt === null || expiresAt > at)
        .map((one) => ({ ...one, expiresAt: one.expiresAt ?? at + ROTATION_MS }));
      if (older.length === MOST_SECRETS) throw new TooManySecrets(MOST_SECRETS);
      const secrets: Secret[] = [...older, { secret, expiresAt: null }];
      await query('UPDATE webhooks SET secrets = ?, updated_at = ? WHERE id = ?', [
        JSON.stringify(secrets),
        at,
        id,
      ]);
    });
  }

  async #change(id: string, change: (query: Query, webhook: Webhook) => Promise<unknown>): Promise<void> {
    await this.database.transaction(async (query) => {
      const [row] = await query<WebhookEntity>(
        `SELECT ${COLUMNS} FROM webhooks WHERE id = ? AND state <> 'deleted' ${this.#lock}`,
        [id],
      );
      if (!row) throw new WebhookNotFound(id);
      await change(query, toWebhook(row));
    });
  }
}
