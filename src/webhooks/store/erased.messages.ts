import type { Database, Query } from '../../database/database.js';
import type { ErasedPart, ErasedUser } from '../../orders/erasure/erased.elsewhere.js';
import { WEBHOOKS_SQL } from './webhooks.sql.js';

/** The user as it stands in a message: `JSON.stringify` has one way to write it. */
export const userIn = (userId: string) => `"user_id":${JSON.stringify(userId)}`;

/**
 * Puts the pseudonym into the stored messages about the orders of an erased user. The endpoints' rows are locked first: who
 * stores messages meanwhile has read the orders before (then they are changed here), or reads them afterwards (`StepWrites`).
 */
export class ErasedMessages implements ErasedPart {
  constructor(private readonly database: Database) {}

  async lock(query: Query): Promise<void> {
    const { lock } = WEBHOOKS_SQL[this.database.dialect];
    await query(`SELECT id FROM webhooks ORDER BY id ${lock}`);
  }

  async erase(query: Query, { seqs, userId, pseudonym }: ErasedUser): Promise<void> {
    const { isOneOf, list } = WEBHOOKS_SQL[this.database.dialect];
    const webhooks = await query<{ id: string }>('SELECT id FROM webhooks ORDER BY id');
    for (const { id } of webhooks)
      await query(
        `UPDATE webhook_deliveries SET payload = REPLACE(payload, ?, ?) WHERE webhook_id = ? AND order_seq ${isOneOf}`,
        [userIn(userId), userIn(pseudonym), id, list(seqs)],
      );
  }
}
