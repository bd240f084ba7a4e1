import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until, untilMetrics, untilStatus } from '../support/client.js';
import { Gate, withWork } from '../support/work.js';

const IDS = ['running', 'second', 'third', 'fourth', 'fifth'];

const order = (server: RunningApp, path: string) => post(`${server.url}/orders/${path}`, {});

describe('an order that waits in line', () => {
  let server: RunningApp;
  let gate: Gate;
  const position = async (id: string) => (await get(`${server.url}/orders/${id}`)).body.queue_position;
  beforeEach(async () => {
    gate = new Gate();
    server = await startApp({
      config: { PROCESSOR_CONCURRENCY: 1, PROCESSING_TIME_MS: 1000 },
      ...withWork(gate.work),
    });
    for (const order_id of IDS) await post(`${server.url}/orders`, anOrder({ order_id }));
    await untilStatus(server.url, 'running', 'Processing');
  });
  afterEach(async () => {
    gate.open();
    await server.close();
  });

  it('is told its place and when it will be done', async () => {
    const waiting = await Promise.all(IDS.slice(1).map((id) => get(`${server.url}/orders/${id}`)));
    expect(waiting.map(({ body }) => body.queue_position)).toEqual([1, 2, 3, 4]);
    const estimates = waiting.map(({ body }) => Date.parse(body.estimated_completion_at));
    expect(estimates.toSorted((a, b) => a - b)).toEqual(estimates);
    for (const [index, estimate] of estimates.entries())
      expect(estimate).toBeGreaterThan(Date.parse(waiting[index]?.body.created_at));
  });

  it('has no place once it is being processed, or done', async () => {
    const fields = async () => Object.keys((await get(`${server.url}/orders/running`)).body);
    expect(await fields()).not.toContain('queue_position');
    expect(await fields()).not.toContain('estimated_completion_at');
    gate.open();
    await untilStatus(server.url, 'running', 'Completed');
    expect(await fields()).not.toContain('queue_position');
  });

  it('can be cancelled: it leaves the queue, and is never worked on', async () => {
    const cancelled = await order(server, 'third/cancel');
    expect(cancelled).toMatchObject({
      status: 200,
      body: { order_id: 'third', status: 'Cancelled', attempts: 0 },
    });
    expect(cancelled.body).not.toHaveProperty('queue_position');
    expect([await position('second'), await position('fourth'), await position('fifth')]).toEqual([1, 2, 3]);
    gate.open();
    const metrics = await untilMetrics(server.url, (now) => now.completed_orders === 4);
    expect(metrics).toMatchObject({ total_orders: 5, cancelled_orders: 1, pending_orders: 0 });
    expect(gate.started).toEqual(['running', 'second', 'fourth', 'fifth']);
    const { body } = await get(`${server.url}/orders/third/history`);
    expect(body.at(-1)).toMatchObject({ from: 'Pending', to: 'Cancelled', attempt: 0 });
  });

  it('cannot be cancelled twice, or once it is being processed or done, and the answer says why', async () => {
    await order(server, 'third/cancel');
    const refused = async (id: string, status: string) =>
      expect(await order(server, `${id}/cancel`)).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining(status) },
      });
    await refused('third', 'Cancelled');
    await refused('running', 'Processing');
    gate.open();
    await untilStatus(server.url, 'running', 'Completed');
    await refused('running', 'Completed');
  });

  it('is cancelled by one of twenty who ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => order(server, 'fifth/cancel')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
    expect((await get(`${server.url}/metrics`)).body.cancelled_orders).toBe(1);
  });

  it('cannot be retried while it has not failed', async () => {
    for (const [id, status] of [
      ['running', 'Processing'],
      ['second', 'Pending'],
    ])
      expect(await order(server, `${id}/retry`)).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining(String(status)) },
      });
  });

  it('is started in its turn', async () => {
    gate.open();
    await until(
      () => get(`${server.url}/metrics`),
      ({ body }) => body.completed_orders === IDS.length,
    );
    expect(gate.started).toEqual(IDS);
  });
});
