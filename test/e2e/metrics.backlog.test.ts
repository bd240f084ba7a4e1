import { startApp } from '../support/app.js';
import { anOrder, get, post, untilStatus } from '../support/client.js';
import { expectToAddUp } from '../support/metrics.js';
import { Gate, withWork } from '../support/work.js';

describe('the metrics', () => {
  it('are zero before the first order', async () => {
    const server = await startApp();
    const { body } = await get(`${server.url}/metrics`);
    await server.close();
    expect(body).toEqual({
      total_orders: 0,
      stored_orders: 0,
      pending_orders: 0,
      processing_orders: 0,
      completed_orders: 0,
      failed_orders: 0,
      cancelled_orders: 0,
      status_counts: { Pending: 0, Processing: 0, Completed: 0, Failed: 0, Cancelled: 0 },
      average_processing_time: 0,
      average_wait_time: 0,
      processing_time: { p50: 0, p95: 0, p99: 0 },
      wait_time: { p50: 0, p95: 0, p99: 0 },
      estimated_processing_time: 0,
      throughput: { accepted_per_second: 0, completed_per_second: 0 },
    });
  });

  it('estimate the time for the backlog, which more orders make longer', async () => {
    const gate = new Gate();
    const server = await startApp({
      config: { PROCESSOR_CONCURRENCY: 1, PROCESSING_TIME_MS: 2000 },
      ...withWork(gate.work),
    });
    const estimate = async (id: string) => {
      await post(`${server.url}/orders`, anOrder({ order_id: id }));
      const { body } = await get(`${server.url}/metrics`);
      expectToAddUp(body);
      return body.estimated_processing_time;
    };
    const estimates = [await estimate('a'), await estimate('b'), await estimate('c')];
    await untilStatus(server.url, 'a', 'Processing');
    await post(`${server.url}/orders/b/cancel`, {});
    const { body } = await get(`${server.url}/metrics`);
    gate.open();
    await server.close();
    expect(estimates).toEqual([2, 4, 6]);
    expect(body).toMatchObject({ processing_orders: 1, pending_orders: 1, cancelled_orders: 1 });
    expectToAddUp(body);
    expect(body.estimated_processing_time).toBe(4);
    expect(body.throughput).toEqual({ accepted_per_second: expect.any(Number), completed_per_second: 0 });
    expect(body.throughput.accepted_per_second).toBeGreaterThan(0);
  });
});
