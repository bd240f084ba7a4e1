import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, listAll, post, untilMetrics, type Answer } from '../support/client.js';
import { fileOf, readTable } from '../support/table.js';

const COUNT = 1000;

describe('a thousand orders posted at once', () => {
  let server: RunningApp;
  let answers: Answer[];
  let metrics: Answer['body'];
  beforeAll(async () => {
    server = await startApp();
    answers = await Promise.all(
      Array.from({ length: COUNT }, (_, index) =>
        post(`${server.url}/orders`, anOrder({ order_id: `at-once-${index}`, total_amount: index / 100 })),
      ),
    );
    metrics = await untilMetrics(server.url, (now) => now.completed_orders === COUNT);
  });
  afterAll(() => server.close());

  it('are all accepted', () => {
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
  });

  it('are all completed, each as it was sent', async () => {
    const orders = await listAll(server.url);
    expect(orders).toHaveLength(COUNT);
    expect(new Set(orders.map(({ order_id }) => order_id)).size).toBe(COUNT);
    for (const order of orders)
      expect(order).toMatchObject({
        total_amount: Number(order.order_id.slice('at-once-'.length)) / 100,
        status: 'Completed',
        attempts: 1,
      });
  });

  it('are counted exactly', () => {
    expect(metrics).toMatchObject({
      total_orders: COUNT,
      status_counts: { Pending: 0, Processing: 0, Completed: COUNT, Failed: 0, Cancelled: 0 },
    });
  });

  it('are started in the order in which they were accepted', () => {
    const starts = readTable<{ order_seq: number }>(
      fileOf(server.config.DATABASE_URL),
      `SELECT order_seq FROM order_history WHERE to_status = 'Processing' AND attempt = 1 ORDER BY id`,
    ).map(({ order_seq }) => order_seq);
    expect(starts).toHaveLength(COUNT);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
  });

  it('are each accepted, started and completed once', () => {
    const twice = readTable(
      fileOf(server.config.DATABASE_URL),
      'SELECT order_seq FROM order_history GROUP BY order_seq, to_status HAVING COUNT(*) > 1',
    );
    expect(twice).toEqual([]);
  });
});
