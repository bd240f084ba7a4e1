import { temporaryDatabase } from '../support/app.js';
import { anOrder, post, until, untilStatus } from '../support/client.js';
import { HeldWork, overHttp } from '../support/held.work.js';
import { ServerProcess } from '../support/server.js';
import { readTable } from '../support/table.js';

describe('an order that failed, was retried by a person, and is then interrupted for the first time', () => {
  const database = temporaryDatabase();
  const work = new HeldWork();
  const MAX_ATTEMPTS = 4;

  let server: ServerProcess;
  let receiver: Awaited<ReturnType<typeof overHttp>>;
  afterEach(async () => {
    await server.kill();
    receiver.close();
    database.remove();
  });

  it('is not held back as if it had been interrupted by its former attempts', async () => {
    receiver = await overHttp(work);
    const environment = {
      DATABASE_URL: database.url,
      PROCESSOR: 'http',
      PROCESSOR_URL: receiver.url,
      MAX_ATTEMPTS,
      RETRY_BACKOFF_MS: 0,
    };
    server = await ServerProcess.start(environment);
    await post(`${server.url}/orders`, anOrder({ order_id: 'unlucky' }));
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await until(
        async () => work.orderIds,
        (ids) => ids.includes('unlucky'),
      );
      work.end('unlucky', 'failed');
    }
    await untilStatus(server.url, 'unlucky', 'Failed');
    await post(`${server.url}/orders/unlucky/retry`);
    await until(
      async () => work.orderIds,
      (ids) => ids.includes('unlucky'),
    );
    await server.kill();
    await until(
      async () => work.orderIds,
      (ids) => ids.length === 0,
    );

    server = await ServerProcess.start(environment);
    const steps = `SELECT to_status FROM order_history WHERE id > (SELECT id FROM order_history WHERE reason = 'interrupted')`;
    const heldBack = readTable(database.file, `SELECT 1 FROM orders WHERE not_before IS NOT NULL`);
    expect(heldBack).toEqual([]);
    await until(
      async () => readTable(database.file, steps),
      (after) => after.length === 1,
    );
  });
});
