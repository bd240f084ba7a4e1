import { Clock } from '../../src/common/clock.js';
import { WAIT_BOUNDS_MS } from '../../src/metrics/order.counters.js';
import { PermanentFailure } from '../../src/processing/order.handler.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, listAll, post, untilMetrics, type Answer } from '../support/client.js';
import { expectToAddUp } from '../support/metrics.js';
import { withWork } from '../support/work.js';

const START = Date.parse('2026-01-31T12:00:00.000Z');

/** A clock that moves only when the work takes time, so that every duration is known. */
class WorkClock extends Clock {
  elapsedMs = 0;
  override now = () => START + this.elapsedMs;
  override monotonicMs = () => this.elapsedMs;
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: number[]) => sum(values) / values.length;

/** The nearest-rank percentile. */
function rank(values: number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? NaN;
}

/** Within a millisecond, or 0.8 %. */
function expectAbout(value: number, expected: number): void {
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(Math.max(0.001, expected * 0.008));
}

describe('the metrics after 300 orders, every seventh of which failed for good', () => {
  const clock = new WorkClock();
  let server: RunningApp;
  let metrics: Answer['body'];
  let orders: Answer['body'][];
  const duration = (key: string) =>
    orders
      .filter(({ status }) => status === 'Completed')
      .map((order) => (Date.parse(order.completed_at) - Date.parse(order[key])) / 1000);

  beforeAll(async () => {
    const { override } = withWork(({ orderId }) => {
      clock.elapsedMs += Number(orderId) ** 2 % 9973;
      if (Number(orderId) % 7 === 0) throw new PermanentFailure('refused', 'by the seventh');
    });
    server = await startApp({
      config: { PROCESSOR_CONCURRENCY: 1 },
      override: (builder) => override(builder).overrideProvider(Clock).useValue(clock),
    });
    const all = Array.from({ length: 300 }, (_, order_id) => anOrder({ order_id }));
    await post(`${server.url}/orders/batch`, { orders: all });
    metrics = await untilMetrics(server.url, (now) => {
      expectToAddUp(now);
      return now.completed_orders + now.failed_orders === 300;
    });
    orders = await listAll(server.url);
  });
  afterAll(() => server.close());

  it('count each order once', () => {
    expectToAddUp(metrics);
    expect(metrics.total_orders).toBe(300);
    expect(metrics.status_counts).toEqual({
      Pending: 0,
      Processing: 0,
      Completed: 257,
      Failed: 43,
      Cancelled: 0,
    });
    for (const status of ['Completed', 'Failed'])
      expect(orders.filter((order) => order.status === status)).toHaveLength(metrics.status_counts[status]);
  });

  it('average the processing time of the completed orders', () => {
    expect(metrics.average_processing_time).toBeGreaterThan(1);
    expect(Math.abs(metrics.average_processing_time - mean(duration('started_at')))).toBeLessThan(0.001);
  });

  it('average the wait of the started orders', () => {
    const waits = orders.map((order) => (Date.parse(order.started_at) - Date.parse(order.created_at)) / 1000);
    expect(metrics.average_wait_time).toBeGreaterThan(1);
    expect(Math.abs(metrics.average_wait_time - mean(waits))).toBeLessThan(0.001);
  });

  it.each([50, 95, 99])('tell the percentile %i of the processing time', (percent) => {
    expectAbout(metrics.processing_time[`p${percent}`], rank(duration('started_at'), percent));
  });

  it.each([50, 95, 99])('tell the percentile %i of the wait, in the bucket in which it is', (percent) => {
    const waits = orders.map((order) => Date.parse(order.started_at) - Date.parse(order.created_at));
    const bucketOf = (ms: number) => WAIT_BOUNDS_MS.findIndex((bound) => ms <= bound);
    const told = metrics.wait_time[`p${percent}`] * 1000;
    expect(bucketOf(told)).toBe(bucketOf(rank(waits, percent)));
  });

  it('expect nothing more to do, and show what the last minute did', () => {
    expect(metrics.estimated_processing_time).toBe(0);
    expect(metrics.throughput.accepted_per_second).toBe(0);
    expect(metrics.throughput.completed_per_second).toBeGreaterThan(0);
  });

  it('are the same after a restart', async () => {
    const file = server.config.DATABASE_URL;
    await server.app.close();
    const again = await startApp({ config: { DATABASE_URL: file } });
    const { body } = await get(`${again.url}/metrics`);
    await again.close();
    const { throughput: _, ...durable } = metrics;
    expect(body).toMatchObject(durable);
  });
});
