import { anOrder, get, post, until } from '../support/client.js';
import { Cluster } from '../support/cluster.js';
import { EventClient } from '../support/event.client.js';
import { createKey, idOf, runKeys, withKey } from '../support/keys.js';
import { testOnOwnDatabases } from '../support/own.databases.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';

for (const server of SERVERS)
  ((await isThere(server)) ? describe : describe.skip)(
    `API keys of several processes on ${server.name}`,
    () => {
      it('are refused by each a second after they were revoked, and lose their streams', async () => {
        const database = await createDatabase(server);
        const key = await createKey(database.url);
        const cluster = await Cluster.start(database.url);
        const processes = [...cluster.apis, ...cluster.workers];
        for (const { url } of processes) expect((await get(`${url}/metrics`, withKey(key))).status).toBe(200);
        const streams = await Promise.all(
          cluster.apis.map(({ url }) => EventClient.open(`${url}/events`, undefined, withKey(key))),
        );
        expect(await runKeys(database.url, 'revoke', idOf(key))).toMatchObject({ code: 0 }); // which waits a second
        for (const { url } of processes) expect((await get(`${url}/metrics`, withKey(key))).status).toBe(401);
        await until(async () => streams.every(({ errors }) => errors.length > 0));
        for (const stream of streams) stream.close();
        await cluster.kill();
        await database.remove();
      }, 60_000);
    },
  );

const CONFIGURED = `om_abcdefgh_${'k'.repeat(43)}`;

testOnOwnDatabases(
  'while %s does not answer',
  'nobody is let in by a key that may have been revoked meanwhile',
  { DATABASE_TIMEOUT_MS: 1000, API_KEYS: `metrics:read@${CONFIGURED}` },
  async (database, { url }) => {
    const key = withKey(await createKey(database.url));
    await until(async () => (await post(`${url}/orders`, anOrder(), key)).status === 201);
    await database.freeze();
    await until(async () => (await get(`${url}/metrics/prometheus`, key)).status === 503);
    expect((await post(`${url}/orders`, anOrder(), key)).status).toBe(503);
    expect((await get(`${url}/health/live`, key)).status).toBe(200);
    expect((await get(`${url}/metrics/prometheus`, withKey(CONFIGURED))).status).toBe(200); // it cannot be revoked
    database.thaw();
    await until(async () => (await post(`${url}/orders`, anOrder(), key)).status === 201);
  },
);
