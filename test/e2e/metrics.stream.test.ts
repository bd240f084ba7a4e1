import { connect } from 'node:net';
import { once } from 'node:events';
import { Clock } from '../../src/common/clock.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until } from '../support/client.js';
import { MetricsClient } from '../support/metrics.client.js';
import { having } from '../support/test.work.js';
import { Trouble } from '../support/troubled.database.js';

/** A clock whose time passes as it does, and that knows what it was asked for. */
class CountingClock extends Clock {
  repeated = 0;
  constructor(private readonly speed = 1) {
    super();
  }

  override every(ms: number, fire: () => void): () => void {
    this.repeated++;
    const stop = super.every(ms / this.speed, fire);
    return () => {
      this.repeated--;
      stop();
    };
  }

  override timer(ms: number, fire: () => void): () => void {
    return super.timer(ms / this.speed, fire);
  }
}

describe('GET /metrics/stream', () => {
  let running: RunningApp;
  const clients: MetricsClient[] = [];
  const open = async (lastEventId?: string) => {
    const client = await MetricsClient.open(running.url, lastEventId);
    clients.push(client);
    return client;
  };
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await running.close();
  });

  it('tells when the process was started, then each second what GET /metrics answers', async () => {
    const before = new Date().toISOString();
    running = await startApp();
    const client = await open();
    await post(`${running.url}/orders/batch`, { orders: [anOrder(), anOrder()] });
    const { data } = await until(
      async () => client.named('metrics').at(-1) ?? { data: {} as Record<string, unknown> },
      (last) => last.data['completed_orders'] === 2,
    );
    const [first] = client.events;
    expect(first?.name).toBe('ready');
    expect(String(first?.data['started_at']) >= before).toBe(true);
    const { at, last_minute, throughput: _, ...report } = data;
    expect(at).toMatch(/^\d{4}-.*Z$/);
    expect(last_minute).toEqual({
      wait_time: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
      processing_time: report['processing_time'],
    });
    expect((await get(`${running.url}/metrics`)).body).toMatchObject(report);
  });

  it('makes a report once for all, and none when nobody listens', async () => {
    const clock = new CountingClock();
    running = await startApp({ override: having(undefined, clock) });
    const { repeated } = clock;
    const listeners = [await open(), await open(), await open()];
    for (const client of listeners) await client.atLeast(3);
    const [first, ...others] = listeners.map((client) => client.named('metrics').slice(0, 3));
    for (const other of others) expect(other).toEqual(first);
    expect(clock.repeated).toBe(repeated + 1);
    for (const client of listeners) client.close();
    await until(async () => clock.repeated === repeated);
  });

  it('begins with the last minutes, or after the last id', async () => {
    running = await startApp();
    const first = await open();
    const sent = await first.atLeast(3);
    const second = await open();
    expect((await second.atLeast(2)).slice(0, 2)).toEqual(sent.slice(0, 2));
    const third = await open(sent[1]?.id);
    expect((await third.atLeast(1))[0]).toEqual(sent[2]);
  });

  it('says so when the database is not available, and goes on', async () => {
    const trouble = new Trouble();
    running = await startApp({ override: trouble.override });
    const client = await open();
    await client.atLeast(1);
    await post(`${running.url}/orders`, anOrder());
    trouble.isDown = true;
    await post(`${running.url}/orders`, anOrder()); // what was read before is outdated
    const [told] = await client.atLeast(1, 'unavailable');
    expect(told?.data['detail']).toBe('The database is not available at the moment.');
    trouble.isDown = false;
    const count = client.named('metrics').length;
    await client.atLeast(count + 1);
  });

  it('counts for MAX_EVENT_STREAMS, as /events does', async () => {
    running = await startApp({ config: { MAX_EVENT_STREAMS: 2 } });
    const client = await open();
    const events = await fetch(`${running.url}/events`);
    for (const path of ['/metrics/stream', '/events']) {
      const refused = await get(running.url + path);
      expect([path, refused.status, refused.headers.get('retry-after')]).toEqual([path, 503, '5']);
    }
    client.close();
    await events.body?.cancel();
    await until(async () => (await open().catch(() => undefined)) !== undefined);
  });

  it('ends when the server stops', async () => {
    running = await startApp();
    const client = await open();
    await client.atLeast(1);
    await running.app.close();
    await client.ended;
    running = await startApp();
  });

  it('refuses an id that is none', async () => {
    running = await startApp();
    const { status, body } = await get(`${running.url}/metrics/stream`, { 'last-event-id': '1-2' });
    expect([status, body.errors[0].field]).toEqual([400, 'Last-Event-ID']);
  });

  it('disconnects a client that does not read', async () => {
    running = await startApp({
      config: { MAX_EVENT_STREAMS: 1, REQUEST_TIMEOUT_MS: 600_000 }, // which would disconnect it too
      override: having(undefined, new CountingClock(1000)),
    });
    const { hostname, port } = new URL(running.url);
    const silent = connect(Number(port), hostname).on('error', () => undefined); // it may be reset
    const closed = new Promise((resolve) => silent.once('close', resolve));
    silent.write('GET /metrics/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(silent, 'data');
    silent.pause();
    await until(async () => (await open().catch(() => undefined)) !== undefined, Boolean, 50_000);
    silent.resume();
    await closed;
  });
});
