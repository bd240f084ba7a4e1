import { withDatabase } from './ledger.js';

/** A server that was told to be read-only for those who connect from now on; who was connected is cut off. */
export async function makeReadOnly(url: string): Promise<void> {
  await withDatabase(url, async (query) => {
    if (url.startsWith('postgres')) {
      await query('ALTER DATABASE postgres SET default_transaction_read_only = on');
      await query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
    } else {
      await query('SET GLOBAL tx_read_only = ON');
      const others = await query<{ id: number }>(
        'SELECT id FROM information_schema.processlist WHERE db IS NOT NULL AND id <> CONNECTION_ID()',
      );
      for (const { id } of others) await query(`KILL ${id}`).catch(() => undefined); // it may be gone by itself
    }
  });
}

/** The same server is writable again for those who connect from now on: who is connected stays, and stays read-only. */
export async function makeWritable(url: string): Promise<void> {
  await withDatabase(url, async (query) => {
    if (url.startsWith('postgres')) {
      await query('SET default_transaction_read_only = off');
      await query('ALTER DATABASE postgres RESET default_transaction_read_only');
    } else await query('SET GLOBAL tx_read_only = OFF');
  });
}
