import { startApp, temporaryDatabase, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until, untilStatus } from '../support/client.js';
import { SteppingClock } from '../support/stepping.clock.js';
import { withFile } from '../support/database.file.js';
import { having, TestWork } from '../support/test.work.js';
import { AttemptFailure } from '../../src/processing/order.handler.js';
import { OrderProcessor } from '../../src/processing/order.processor.js';
import { QueueService } from '../../src/queue/queue.service.js';

const BACK_OFF_MS = 300;
const HOUR_MS = 3_600_000;

/** An hour is not over while a test runs, so what waits for it is stuck; a busy process is never told to rewind. */
describe('when the clock of the host is set while the process is busy,', () => {
  let server: RunningApp;
  let clock: SteppingClock;
  let database: ReturnType<typeof temporaryDatabase>;
  const gate = { open: () => undefined as void };
  /** The monotonic time of each attempt of an order. */
  const attempts = new Map<string, number[]>();
  const work = async ({ orderId, attempt }: { orderId: string; attempt: number }, signal: AbortSignal) => {
    attempts.set(orderId, [...(attempts.get(orderId) ?? []), performance.now()]);
    if (orderId === 'busy')
      return new Promise<void>((resolve) => {
        gate.open = resolve;
        signal.addEventListener('abort', () => resolve());
      });
    if (attempt === 1) throw new AttemptFailure('busy', 'not now', { retryAfterMs: BACK_OFF_MS });
  };
  const start = () =>
    startApp({
      config: { DATABASE_URL: database.url, RETRY_BACKOFF_MS: 0, SHUTDOWN_TIMEOUT_MS: 0 },
      override: having(new TestWork(work), clock),
    });
  const create = (order_id: string) => post(`${server.url}/orders`, anOrder({ order_id }));
  const untilDelayed = (id: string) =>
    until(
      () => get(`${server.url}/orders/${id}`),
      ({ body }) => body.attempts === 1 && body.status === 'Pending',
    );
  const waited = (id: string) => {
    const [first = NaN, second = NaN] = attempts.get(id) ?? [];
    return second - first;
  };

  beforeEach(async () => {
    attempts.clear();
    database = temporaryDatabase();
    clock = new SteppingClock();
    server = await start();
    await create('busy');
    await untilStatus(server.url, 'busy', 'Processing');
  });
  afterEach(async () => {
    gate.open();
    await server.close();
    database.remove();
  });

  it('back: an order that waits for its back-off is tried again after it', async () => {
    await create('before');
    await untilDelayed('before');
    clock.step(-HOUR_MS);
    await untilStatus(server.url, 'before', 'Completed');
    expect(waited('before')).toBeGreaterThanOrEqual(BACK_OFF_MS);
  });

  it('back: an order that fails after that is tried again after its back-off', async () => {
    await create('before');
    await untilStatus(server.url, 'before', 'Completed');
    clock.step(-HOUR_MS);
    await create('after');
    await untilStatus(server.url, 'after', 'Completed');
    expect(waited('after')).toBeGreaterThanOrEqual(BACK_OFF_MS);
  });

  it('forward: what waits is tried again within about a second, and later failures wait for their back-off', async () => {
    await create('first');
    await untilDelayed('first');
    clock.step(HOUR_MS);
    await untilStatus(server.url, 'first', 'Completed');
    await create('second');
    await untilStatus(server.url, 'second', 'Completed');
    expect(waited('second')).toBeGreaterThanOrEqual(BACK_OFF_MS);
  });

  it('to stand still: orders are tried again after their back-off all the same', async () => {
    clock.stop();
    await create('stopped');
    await untilStatus(server.url, 'stopped', 'Completed');
    expect(waited('stopped')).toBeGreaterThanOrEqual(BACK_OFF_MS);
  });

  it('to stand still: also an order that the queue has by mistake while it waits', async () => {
    clock.stop();
    await create('early');
    await untilDelayed('early');
    const { claimed } = server.app.get(OrderProcessor);
    server.app.get(QueueService).enqueue([{ id: 2, position: 2 }]);
    await until(async () => server.app.get(OrderProcessor).claimed > claimed);
    await untilStatus(server.url, 'early', 'Completed');
    expect(waited('early')).toBeGreaterThanOrEqual(BACK_OFF_MS);
  });

  it('to stand still: also one whose back-off ended while that could not be written', async () => {
    clock.stop();
    await create('unwritten');
    await untilDelayed('unwritten');
    const refused = Promise.withResolvers<void>();
    server.app.useLogger({ log: () => undefined, error: () => undefined, warn: () => refused.resolve() });
    withFile(database.url, (file) =>
      file.exec(`CREATE TRIGGER still_delayed BEFORE UPDATE OF not_before ON orders
        BEGIN SELECT RAISE(ABORT, 'not now'); END`),
    );
    await refused.promise;
    withFile(database.url, (file) => file.exec('DROP TRIGGER still_delayed'));
    await untilStatus(server.url, 'unwritten', 'Completed');
    expect(waited('unwritten')).toBeGreaterThanOrEqual(BACK_OFF_MS);
  });

  it('back and the server started again: an order waits no longer than its back-off from then on', async () => {
    await create('kept');
    await untilDelayed('kept');
    clock.step(-HOUR_MS);
    gate.open();
    await server.close();
    server = await start();
    await untilStatus(server.url, 'kept', 'Completed');
    expect(waited('kept')).toBeGreaterThanOrEqual(BACK_OFF_MS);
  });

  it('back: orders keep the order of their acceptance, and no time in their history runs backwards', async () => {
    await create('older');
    clock.step(-HOUR_MS);
    await create('newer');
    for (const id of ['older', 'newer']) await untilStatus(server.url, id, 'Completed');
    const created = async (id: string) =>
      Date.parse((await get(`${server.url}/orders/${id}`)).body.created_at);
    expect(await created('newer')).toBeGreaterThanOrEqual(await created('older'));
  });
});
