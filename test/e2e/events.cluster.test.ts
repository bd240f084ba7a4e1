import { startApp } from '../support/app.js';
import { until } from '../support/client.js';
import { Cluster } from '../support/cluster.js';
import { EventClient, type OrderEvent } from '../support/event.client.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';

const ORDERS = 2000;
/** Of each process: clients that want all events, and clients that want those of one order. */
const OF_ALL = 10;
const OF_ONE = 90;

interface Row {
  order_id: string;
  from_status: string | null;
  to_status: string;
  attempt: number;
}

/** `order-1: null>Pending, Pending>Processing, …` of each order, sorted by order. */
function lives(steps: Iterable<{ order_id: string; from: string | null; to: string }>): string[] {
  return [...Map.groupBy(steps, ({ order_id }) => order_id)]
    .map(([id, its]) => `${id}: ${its.map(({ from, to }) => `${from}>${to}`).join(', ')}`)
    .toSorted();
}

for (const server of SERVERS) {
  ((await isThere(server)) ? describe : describe.skip)(
    `GET /events of two processes on ${server.name}`,
    () => {
      let database: Awaited<ReturnType<typeof createDatabase>>;
      let cluster: Cluster | undefined;
      const clients: EventClient[] = [];
      const clientsOfOne = new Map<string, EventClient>();
      beforeEach(async () => {
        database = await createDatabase(server);
      });
      afterEach(async () => {
        for (const client of [...clients.splice(0), ...clientsOfOne.values()]) client.close();
        clientsOfOne.clear();
        await cluster?.kill();
        await database.remove();
      });

      it('each of 200 clients is told every transition that it wants of all writers once, though its server is restarted', async () => {
        const running = (cluster = await Cluster.start(database.url, { PROCESSING_TIME_MS: 1 }));
        const urls = running.apis.map(({ url }) => `${url}/events`);
        for (const [index, url] of urls.entries()) {
          clients.push(...(await Promise.all(Array.from({ length: OF_ALL }, () => EventClient.open(url)))));
          for (let client = 0; client < OF_ONE; client++) {
            const id = `order-${11 * (index * OF_ONE + client)}`;
            clientsOfOne.set(id, await EventClient.open(`${url}?order_id=${id}`));
          }
        }
        await running.postBatches(ORDERS / 2, 50);
        const [first] = running.apis;
        if (first) await Promise.all([running.restart(first), until(async () => running.apis.length === 1)]);
        await running.postBatches(ORDERS / 2, 50);
        await running.completed();
        const history = await running.query<Row>(
          'SELECT order_id, from_status, to_status, attempt FROM order_history JOIN orders ON orders.seq = order_seq ORDER BY id',
        );
        const accepted = [...running.ledger.sent].map((order_id) => ({
          order_id,
          from: null,
          to: 'Pending',
        }));
        const expected = lives([
          ...accepted,
          ...history.map(({ order_id, from_status, to_status }) => ({
            order_id,
            from: from_status,
            to: to_status,
          })),
        ]);
        for (const client of clients) {
          const all: OrderEvent[] = await client.atLeast(ORDERS + history.length, 60_000);
          expect(lives(all)).toEqual(expected);
        }
        for (const [id, client] of clientsOfOne) {
          const its = expected.filter((life) => life.startsWith(`${id}: `));
          await client.atLeast(its.join().split('>').length - 1);
          expect(lives(client.events)).toEqual(its);
        }
      }, 120_000);

      it('streams count against MAX_EVENT_STREAMS while they are being opened', async () => {
        const app = await startApp({ config: { DATABASE_URL: database.url, MAX_EVENT_STREAMS: 2 } });
        const ends = new AbortController();
        const resume = { headers: { 'last-event-id': '0-0' }, signal: ends.signal };
        const open = () => fetch(`${app.url}/events`, resume);
        const answers = await Promise.all(Array.from({ length: 6 }, open));
        const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
        expect(statuses).toEqual([200, 200, 503, 503, 503, 503]);
        ends.abort();
        await app.close();
      });

      it('an event reaches the streams of another process', async () => {
        const running = (cluster = await Cluster.start(database.url));
        const [one, other] = running.apis;
        const client = await EventClient.open(`${other?.url}/events?order_id=order-0`);
        clients.push(client);
        running.apis.splice(0, 2, ...(one ? [one] : []));
        await running.postBatches(1, 1);
        running.apis.push(...(other ? [other] : []));
        expect((await client.atLeast(3)).map(({ to }) => to)).toEqual(['Pending', 'Processing', 'Completed']);
        await until(async () => client.events.length === 3);
      });
    },
  );
}
