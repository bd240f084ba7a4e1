import { ServerDatabase } from '../../src/database/server.database.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';
import { ordersStoreContract } from './orders.store.contract.js';

const POOL_SIZE = 5;

for (const server of SERVERS) {
  const suite = (await isThere(server)) ? describe : describe.skip;
  suite(server.name, () =>
    ordersStoreContract(server.name, async () => {
      const { url, remove } = await createDatabase(server);
      return { database: await ServerDatabase.open(url, POOL_SIZE), remove };
    }),
  );
}
