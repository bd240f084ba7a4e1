import Sqlite from 'better-sqlite3';
import { temporaryDatabase } from '../support/app.js';
import { anOrder, post, until, untilStatus } from '../support/client.js';
import { HeldWork, overHttp } from '../support/held.work.js';
import { ServerProcess } from '../support/server.js';
import { readTable } from '../support/table.js';

const MAX_ATTEMPTS = 4;

describe('an interrupted order', () => {
  let database: ReturnType<typeof temporaryDatabase>;
  let work: HeldWork;
  let receiver: Awaited<ReturnType<typeof overHttp>>;
  let server: ServerProcess;
  beforeEach(async () => {
    database = temporaryDatabase();
    work = new HeldWork();
    receiver = await overHttp(work);
    await start();
  });
  afterEach(async () => {
    await server.kill();
    receiver.close();
    database.remove();
  });

  async function start(): Promise<void> {
    server = await ServerProcess.start({
      DATABASE_URL: database.url,
      PROCESSOR: 'http',
      PROCESSOR_URL: receiver.url,
      MAX_ATTEMPTS,
      RETRY_BACKOFF_MS: 0,
    });
  }

  async function kill(): Promise<void> {
    await server.kill();
    await until(
      async () => work.orderIds,
      (ids) => ids.length === 0,
    );
  }

  async function untilWorkedOn(orderId: string): Promise<void> {
    await until(
      async () => work.orderIds,
      (ids) => ids.includes(orderId),
    );
  }

  /** The attempts that followed an interruption, in the order in which they were started. */
  function resumed(): { id: string; heldBackMs: number }[] {
    const sql = `SELECT order_id AS id, start.at - stop.at AS "heldBackMs" FROM orders
      JOIN order_history stop ON stop.order_seq = seq AND stop.reason = 'interrupted'
      JOIN order_history start ON start.order_seq = seq AND start.id > stop.id AND start.to_status = 'Processing'
      ORDER BY start.id`;
    return readTable(database.file, sql);
  }

  it('waits a second when that has happened three times before, and keeps no other from its turn', async () => {
    for (const order_id of ['dangerous', 'innocent']) {
      await post(`${server.url}/orders`, anOrder({ order_id }));
      await untilWorkedOn(order_id);
    }
    await kill();
    const sqlite = new Sqlite(database.file);
    sqlite.exec(`UPDATE orders SET interruptions = 3 WHERE order_id = 'dangerous'`);
    sqlite.close();
    await start();
    await untilWorkedOn('innocent');
    await untilWorkedOn('dangerous');
    expect(resumed().map(({ id }) => id)).toEqual(['innocent', 'dangerous']);
    expect(resumed().at(-1)?.heldBackMs).toBeGreaterThanOrEqual(1000);
  });

  it('is not suspected for attempts that failed before a person retried it', async () => {
    await post(`${server.url}/orders`, anOrder({ order_id: 'unlucky' }));
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await untilWorkedOn('unlucky');
      work.end('unlucky', 'failed');
    }
    await untilStatus(server.url, 'unlucky', 'Failed');
    await post(`${server.url}/orders/unlucky/retry`);
    await untilWorkedOn('unlucky');
    await kill();
    await start();
    await untilWorkedOn('unlucky');
    expect(readTable(database.file, 'SELECT interruptions FROM orders')).toEqual([{ interruptions: 1 }]);
  });
});
