import { startApp } from '../support/app.js';
import { anOrder, post, until, untilMetrics } from '../support/client.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';

const LIMIT = 10;

for (const server of SERVERS)
  ((await isThere(server)) ? describe : describe.skip)(`the backlog's limit on ${server.name}`, () => {
    it('refuses no more orders once other processes have made room', async () => {
      const { url: DATABASE_URL, remove } = await createDatabase(server);
      const api = await startApp({ config: { DATABASE_URL, ROLE: 'api', QUEUE_MAX_PENDING: LIMIT } });
      const accepted = async () => {
        const answers = await Promise.all(
          Array.from({ length: 3 * LIMIT }, () => post(`${api.url}/orders`, anOrder())),
        );
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 503]));
        return answers.filter(({ status }) => status === 201).length;
      };
      expect(await accepted()).toBe(LIMIT);
      const full = await post(`${api.url}/orders/batch`, { orders: [anOrder(), anOrder()] });
      expect(full.body).toMatchObject({ accepted: 0, rejected: 2 });
      const worker = await startApp({ config: { DATABASE_URL, ROLE: 'worker' } });
      await untilMetrics(worker.url, (now) => now.completed_orders === LIMIT);
      await worker.close();
      await until(
        () => post(`${api.url}/orders`, anOrder()),
        ({ status }) => status === 201,
      );
      await api.close();
      await remove();
    });
  });
