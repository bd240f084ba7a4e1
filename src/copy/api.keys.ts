import type { Database } from '../database/database.js';
import { ApiKeyEntity } from '../keys/api-key.entity.js';
import { columnsOf } from '../orders/store/columns.js';
import type { GivenRow } from './columns.js';
import { insertInto, namesOf, tableOf } from './tables.js';

const API_KEYS = tableOf('api_keys', columnsOf(ApiKeyEntity));

/**
 * Makes the target's API keys those of the source, revoked ones too: a server that lost them would be open. @returns how many
 */
export async function copyApiKeys(source: Database, target: Database): Promise<number> {
  const keys = await source.read<GivenRow>(`SELECT ${namesOf(API_KEYS)} FROM api_keys`);
  await target.transaction(async (query) => {
    await query('DELETE FROM api_keys');
    await insertInto(target, query, API_KEYS, keys);
  });
  return keys.length;
}
