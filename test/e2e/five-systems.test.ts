import { startApp, type RunningApp } from '../support/app.js';
import { get, post, untilStatus, type Answer } from '../support/client.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NUMBER = expect.any(Number);

const COUNTS = {
  total_orders: NUMBER,
  pending_orders: NUMBER,
  processing_orders: NUMBER,
  completed_orders: NUMBER,
  average_processing_time: NUMBER,
};

/** What each system's clients send, in which spelling, and the fields that they read. */
const SYSTEMS = [
  {
    name: 'FastAPI with SQLite',
    create: '/orders/',
    order: { order_id: 'ORD-1', user_id: 'user-1', item_ids: ['A', 'B'], total_amount: 59.9 },
    created: { message: expect.any(String), order_id: 'ORD-1' },
    read: (id: string) => `/orders/${id}`,
    found: { order_id: 'ORD-1', status: 'Completed' },
    metrics: '/metrics/',
    measured: COUNTS,
  },
  {
    name: 'FastAPI with SQLite, PostgreSQL or MySQL in Docker',
    create: '/orders/',
    order: { order_id: 1, user_id: 12, item_ids: [101, 102], total_amount: 100 },
    created: { message: expect.any(String), order_id: '1' },
    read: (id: string) => `/orders/${id}`,
    found: { order_id: '1', status: 'Completed' },
    metrics: '/metrics/',
    measured: COUNTS,
  },
  {
    name: 'FastAPI with SQLite under other routes',
    create: '/order',
    order: { order_id: 'order_1', user_id: 'user_1', item_ids: ['item_1'], total_amount: 10.5 },
    created: { message: expect.any(String), order_id: 'order_1' },
    read: (id: string) => `/order/${id}`,
    found: { order_id: 'order_1', status: 'Completed' },
    metrics: '/metrics',
    measured: {
      total_orders: 1,
      average_processing_time: NUMBER,
      status_counts: { Pending: 0, Processing: 0, Completed: 1 },
    },
  },
  {
    name: 'FastAPI with an asynchronous PostgreSQL pool',
    create: '/orders',
    order: { order_id: '1001', user_id: '7', item_ids: ['1', '2', '3'], total_amount: 0.1 },
    created: { message: expect.any(String) },
    read: (id: string) => `/orders/${id}/status`,
    found: { status: 'Completed' },
    metrics: '/metrics',
    measured: COUNTS,
  },
  {
    name: 'Flask with SQLAlchemy',
    create: '/orders',
    order: { user_id: 'u1', item_ids: ['i1', 'i2'], total_amount: 20 },
    created: { order_id: expect.stringMatching(UUID) },
    read: (id: string) => `/orders/${id}`,
    found: { order_id: expect.stringMatching(UUID), status: 'Completed' },
    metrics: '/metrics',
    measured: { ...COUNTS, estimated_processing_time: NUMBER },
  },
];

describe.each(SYSTEMS)('a client of $name', (system) => {
  let server: RunningApp;
  let created: Answer;
  beforeAll(async () => {
    server = await startApp();
    created = await post(`${server.url}${system.create}`, system.order);
    await untilStatus(server.url, created.body.order_id, 'Completed');
  });
  afterAll(() => server.close());

  it('has its order accepted', () => {
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject(system.created);
  });

  it('sees what became of it', async () => {
    const found = await get(`${server.url}${system.read(created.body.order_id)}`);
    expect(found).toMatchObject({ status: 200, body: system.found });
  });

  it('reads the metrics', async () => {
    const metrics = await get(`${server.url}${system.metrics}`, { accept: '*/*' });
    expect(metrics).toMatchObject({ status: 200, body: system.measured });
    expect(metrics.headers.get('content-type')).toMatch(/^application\/json/);
    expect(metrics.body).toMatchObject({ total_orders: 1 });
  });
});
