import { connect } from 'node:net';
import { once } from 'node:events';
import { startApp, type RunningApp, type AppOptions } from '../support/app.js';
import { anOrder, get, post, request, until, untilMetrics } from '../support/client.js';
import { EventClient, type OrderEvent } from '../support/event.client.js';

const LIFE = (id: string) => [
  `${id}: null → Pending`,
  `${id}: Pending → Processing`,
  `${id}: Processing → Completed`,
];

describe('GET /events', () => {
  let running: RunningApp;
  const clients: EventClient[] = [];
  const start = async (config: AppOptions['config'] = {}) => void (running = await startApp({ config }));
  const open = async (path = '/events', lastEventId?: string) => {
    const client = await EventClient.open(`${running.url}${path}`, lastEventId);
    clients.push(client);
    return client;
  };
  const accept = (fields: Record<string, unknown>) => post(`${running.url}/orders`, anOrder(fields));
  const batch = (count: number, fields: (index: number) => Record<string, unknown>) =>
    post(`${running.url}/orders/batch`, {
      orders: Array.from({ length: count }, (_, index) => anOrder(fields(index))),
    });
  const untilRoom = () =>
    until(async () => {
      const controller = new AbortController();
      const { status } = await fetch(`${running.url}/events`, { signal: controller.signal });
      controller.abort();
      return status === 200;
    });
  afterEach(async () => {
    await running.close();
    for (const client of clients.splice(0)) client.close();
  });

  it('tells each transition once, in its order', async () => {
    await start();
    const client = await open();
    await accept({ order_id: 'a' });
    await client.atLeast(3);
    expect(client.told()).toEqual(LIFE('a'));
    const history = (await get(`${running.url}/orders/a/history`)).body as { at: string; attempt: number }[];
    expect(client.events.map(({ at, attempt, user_id }) => ({ at, attempt, user_id }))).toEqual(
      history.map(({ at, attempt }) => ({ at, attempt, user_id: 'user-1' })),
    );
  });

  it('tells only what happens from now on', async () => {
    await start();
    await accept({ order_id: 'before' });
    await untilMetrics(running.url, ({ completed_orders }) => completed_orders === 1);
    const client = await open();
    await accept({ order_id: 'after' });
    await client.atLeast(3);
    expect(client.told()).toEqual(LIFE('after'));
  });

  it('of one order, of one user', async () => {
    await start();
    const [ofOrder, ofUser, all] = await Promise.all([
      open('/events?order_id=b'),
      open('/events?user_id=u%2F1'),
      open(),
    ]);
    await accept({ order_id: 'a', user_id: 'u/1' });
    await accept({ order_id: 'b', user_id: 'u/2' });
    await all.atLeast(6);
    await ofUser.atLeast(3);
    await ofOrder.atLeast(3);
    expect(ofOrder.told()).toEqual(LIFE('b'));
    expect(ofUser.told()).toEqual(LIFE('a'));
  });

  it('goes on after any id, without a gap or a repeat, also past a page', async () => {
    await start();
    const first = await open();
    await batch(700, (index) => ({ order_id: `o-${index}` }));
    const all = await first.atLeast(2100);
    for (const at of [0, 1, 699, 700, 1500, 2098]) {
      const expected = all.slice(at + 1);
      const resumed = await open('/events', all[at]?.id ?? '');
      await resumed.atLeast(expected.length);
      await accept({ order_id: `last-${at}` });
      await resumed.atLeast(expected.length + 3);
      expect(resumed.told().slice(expected.length)).toEqual(LIFE(`last-${at}`));
      const toldOfEach = (events: OrderEvent[]) =>
        [...Map.groupBy(events, ({ order_id }) => order_id)]
          .map(([id, its]) => [id, ...its.map(({ to }) => to)].join())
          .toSorted();
      expect(toldOfEach(resumed.events.slice(0, expected.length))).toEqual(toldOfEach(expected));
    }
  });

  it('begins now when the database has no such position', async () => {
    await start();
    const client = await open('/events', '999999-999999');
    await accept({ order_id: 'a' });
    await client.atLeast(3);
    expect(client.told()).toEqual(LIFE('a'));
    expect(client.gaps).toBe(1);
  });

  it.each(['x', '1', '1-', '-1-2', '1-2-3', '1'.repeat(30)])('refuses %s as an id', async (id) => {
    await start();
    const { status, body } = await get(`${running.url}/events`, { 'last-event-id': id });
    expect(status).toBe(400);
    expect(body.errors).toEqual([{ field: 'Last-Event-ID', message: 'must be the `id` of an event' }]);
  });

  it('refuses an unknown parameter, and answers HEAD', async () => {
    await start();
    expect((await get(`${running.url}/events?orderId=a`)).status).toBe(400);
    expect((await request('HEAD', `${running.url}/events`)).headers.get('content-type')).toMatch(
      /event-stream/,
    );
  });

  it('opens no more streams than MAX_EVENT_STREAMS, and one again when one is closed', async () => {
    await start({ MAX_EVENT_STREAMS: 2 });
    const [one] = await Promise.all([open(), open()]);
    const refused = await get(`${running.url}/events`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    one?.close();
    await untilRoom();
  });

  it('ends its streams when the server stops', async () => {
    await start();
    const response = await fetch(`${running.url}/events`);
    const text = response.text();
    await running.close();
    expect(await text).toMatch(/^retry: 1000\nid: 0-0\nevent: ready\ndata: {}\n\n$/);
    await start();
  });

  it('disconnects a client that does not read', async () => {
    await start({ MAX_EVENT_STREAMS: 1 });
    const { hostname, port } = new URL(running.url);
    const silent = connect(Number(port), hostname);
    const closed = new Promise((resolve) => silent.on('error', () => undefined).once('close', resolve)); // it may be reset
    silent.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(silent, 'data');
    silent.pause();
    const BATCHES = 15; // more bytes than the system keeps for a client that does not read
    for (let sent = 0; sent < BATCHES; sent++) await batch(1000, () => ({ user_id: '\u{1F4E6}'.repeat(64) }));
    await untilRoom();
    let read = 0;
    silent.on('data', (bytes: Buffer) => (read += bytes.toString().split('event: order').length - 1));
    silent.resume();
    await closed;
    expect(read).toBeLessThan(BATCHES * 3000);
  }, 60_000);
});
