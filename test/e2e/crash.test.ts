import { temporaryDatabase } from '../support/app.js';
import { expectSound, statusCounts } from '../support/books.js';
import { anOrder, post, untilMetrics } from '../support/client.js';
import { ServerProcess } from '../support/server.js';
import { readTable } from '../support/table.js';

const CLIENTS = 20;

/** Posts orders one after the other until the server is gone; the ids of those that it acknowledged. */
async function postUntilKilled(url: string, prefix: string): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let count = 0; ; count++) {
    const order_id = `${prefix}-${count}`;
    try {
      if ((await post(`${url}/orders`, anOrder({ order_id }))).status === 201) acknowledged.push(order_id);
    } catch {
      return acknowledged; // killed: this one was not acknowledged
    }
  }
}

describe('after a SIGKILL', () => {
  const database = temporaryDatabase();
  const acknowledged: string[] = [];
  const start = () =>
    ServerProcess.start({
      DATABASE_URL: database.url,
      PROCESSING_TIME_MS: 50,
      PROCESSOR_CONCURRENCY: 20,
      LOG_LEVEL: 'info',
    });
  let server: ServerProcess;
  /** Each time the server was killed, what it left in each status. */
  const left: Record<string, number>[] = [];

  /** Kills it under load, time and again, until it was hit with orders in Processing at least twice. */
  beforeAll(async () => {
    const hits = () => left.filter(({ Processing = 0, Pending = 0 }) => Processing > 0 && Pending > 0).length;
    for (let round = 0; hits() < 2; round++) {
      server = await start();
      const posting = Array.from({ length: CLIENTS }, (_, client) =>
        postUntilKilled(server.url, `round-${round}-client-${client}`),
      );
      const enough = 200 * (round + 1);
      await untilMetrics(
        server.url,
        (now) => now.total_orders >= enough && now.completed_orders >= enough / 10,
      );
      await server.kill();
      acknowledged.push(...(await Promise.all(posting)).flat());
      left.push(statusCounts(database.file));
      await expectSound(database.file);
    }
    server = await start();
    await untilMetrics(server.url, (now) => now.pending_orders === 0 && now.processing_orders === 0);
  }, 120_000);
  afterAll(async () => {
    await server.kill();
    database.remove();
  });

  it('every acknowledged order is there and Completed, with nothing done by hand', () => {
    const sql = `SELECT order_id FROM orders WHERE status = 'Completed'`;
    const completed = new Set(readTable<{ order_id: string }>(database.file, sql).map((row) => row.order_id));
    expect(acknowledged.length).toBeGreaterThan(400 - 2 * CLIENTS);
    expect(acknowledged.filter((id) => !completed.has(id))).toEqual([]);
  });

  it('no order is left in any other status', () => {
    expect(Object.keys(statusCounts(database.file))).toEqual(['Completed']);
  });

  it('counters, history and the order of starts agree with the table', async () => {
    await expectSound(database.file);
  });

  it('an interrupted attempt is told in the history, and does not count as a failure', () => {
    const interrupted = readTable<{ count: number }>(
      database.file,
      `SELECT COUNT(*) AS count FROM order_history WHERE reason = 'interrupted'`,
    );
    const inProcessing = left.map(({ Processing = 0 }) => Processing).reduce((sum, count) => sum + count, 0);
    expect(interrupted).toEqual([{ count: inProcessing }]);
    expect(
      readTable(database.file, 'SELECT seq FROM orders WHERE failures > 0 OR error IS NOT NULL'),
    ).toEqual([]);
  });
});
