import { temporaryDatabase } from '../support/app.js';
import { anOrder, post, untilStatus } from '../support/client.js';
import { ServerProcess } from '../support/server.js';

describe('when nobody reads the log any more', () => {
  const database = temporaryDatabase();
  let server: ServerProcess;
  beforeAll(async () => {
    server = await ServerProcess.start({
      DATABASE_URL: database.url,
      PROCESSING_TIME_MS: 0,
      LOG_LEVEL: 'debug',
    });
    server.process.stdout?.destroy();
    server.process.stderr?.destroy();
  });
  afterAll(async () => {
    await server.kill();
    database.remove();
  });

  it('goes on taking and processing orders', async () => {
    expect((await post(`${server.url}/orders`, '{')).status).toBe(400); // at this level it writes a line
    expect((await post(`${server.url}/orders`, anOrder({ order_id: 'unread' }))).status).toBe(201);
    await untilStatus(server.url, 'unread', 'Completed');
  });

  it('stops when it is told to, with 0', async () => {
    expect(await server.stop()).toBe(0);
  });
});
