import { get, post, until } from '../support/client.js';
import { Cluster } from '../support/cluster.js';
import { createDatabase, isThere, SERVERS } from '../support/servers.js';
import { verify, WebhookReceiver } from '../support/webhook.receiver.js';

const ORDERS = 300;
const ENVIRONMENT = {
  WEBHOOK_TARGETS: 'any',
  WEBHOOK_BACKOFF_MS: 50,
  WEBHOOK_BACKOFF_MAX_MS: 200,
  PROCESSING_TIME_MS: 1,
};

interface Row {
  order_id: string;
  from_status: string | null;
  to_status: string;
}

for (const server of SERVERS)
  ((await isThere(server)) ? describe : describe.skip)(
    `webhooks of several processes on ${server.name}`,
    () => {
      let database: Awaited<ReturnType<typeof createDatabase>>;
      let cluster: Cluster;
      let receiver: WebhookReceiver;
      let secret: string;

      beforeEach(async () => {
        database = await createDatabase(server);
        receiver = new WebhookReceiver();
        const url = await receiver.open();
        cluster = await Cluster.start(database.url, ENVIRONMENT);
        const { body } = await post(`${cluster.apis[0]?.url}/webhooks`, { url });
        secret = body.secret;
      });
      afterEach(async () => {
        await cluster.kill();
        await receiver.close();
        await database.remove();
      });

      /** Waits until every transition in the table was delivered, and checks order and signatures. @returns how many there are */
      async function expectAllTold(): Promise<number> {
        await cluster.completed();
        const rows = await cluster.query<Row>(
          'SELECT order_id, from_status, to_status FROM order_history JOIN orders ON orders.seq = order_seq ORDER BY id',
        );
        const steps = Map.groupBy(rows, ({ order_id }) => order_id);
        const told = () => new Set(receiver.received.map(({ id }) => id)).size;
        const expected = cluster.ledger.sent.size + rows.length;
        await until(
          async () => told(),
          (count) => count === expected,
          60_000,
        );
        for (const order of cluster.ledger.sent)
          expect([order, receiver.toldOf(order)]).toEqual([
            order,
            [
              'null → Pending',
              ...(steps.get(order) ?? []).map((row) => `${row.from_status} → ${row.to_status}`),
            ],
          ]);
        for (const message of receiver.received) verify(message, secret);
        return expected;
      }

      it('are sent every message by one of them, once', async () => {
        await cluster.postBatches(ORDERS, 20);
        const count = await expectAllTold();
        expect(receiver.received).toHaveLength(count);
      }, 120_000);

      it('lose nothing when the one that delivers is killed or stands still; another takes over', async () => {
        let count = 0;
        receiver.reply = (response) => void response.writeHead(++count % 5 === 0 ? 500 : 200).end();
        for (const worker of cluster.workers.slice()) {
          await cluster.postBatches(ORDERS / 3, 20);
          worker.process.kill('SIGSTOP');
          await cluster.postBatches(ORDERS / 6, 20);
          const before = receiver.received.length;
          await receiver.atLeast(before + 100); // of the other one
          worker.process.kill('SIGCONT');
          await cluster.replace(worker);
        }
        await expectAllTold();
      }, 120_000);

      it('are changed by any process', async () => {
        const [one, other] = cluster.apis;
        const { webhooks } = (await get(`${other?.url}/webhooks`)).body;
        const [{ id }] = webhooks;
        await post(`${other?.url}/webhooks/${id}`, { enabled: false }, {}, 'PATCH');
        await cluster.postBatches(5, 5);
        await cluster.completed();
        await post(`${one?.url}/webhooks/${id}`, { enabled: true }, {}, 'PATCH');
        await expectAllTold();
      }, 120_000);
    },
  );
