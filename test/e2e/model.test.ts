import fc from 'fast-check';
import { PLACES, type DatabaseKind } from '../support/any.database.js';
import { startApp, type RunningApp } from '../support/app.js';
import { get, post, until } from '../support/client.js';
import { expectSoundAt } from '../support/evidence.js';
import { HeldWork, inProcess, overHttp } from '../support/held.work.js';
import { commands } from '../support/order.commands.js';
import { MAX_ATTEMPTS, OrderModel, SLOTS, type System } from '../support/order.model.js';
import { ServerProcess } from '../support/server.js';

const CONFIG = {
  PROCESSOR_CONCURRENCY: SLOTS,
  MAX_ATTEMPTS,
  RETRY_BACKOFF_MS: 0,
  SHUTDOWN_TIMEOUT_MS: 0,
  LEASE_MS: 300, // what a killed process held on a server is free after this
};

/** Sequences with stops in between; a fourth as many with SIGKILL. Without the variable, a third of them on a server. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 40);
const runsOn = (place: DatabaseKind) =>
  Math.ceil(RUNS * (place === PLACES.file || process.env['MODEL_RUNS'] ? 1 : 1 / 5));
const LONGEST_RUN_MS = 10_000;

/** Runs random commands, each sequence on orders of its own; after each command every order is as the model says. */
async function agree(system: System, numRuns: number): Promise<void> {
  let run = 0;
  const property = fc.asyncProperty(commands, async (sequence) => {
    const model = new OrderModel(`run-${++run}`);
    await fc.asyncModelRun(() => ({ model, real: system }), sequence);
    await clear(system, model.userId);
  });
  await fc.assert(property, { numRuns, endOnFailure: true });
}

/** Leaves nothing that the next sequence would have to share the slots with. */
async function clear({ url, work }: System, userId: string): Promise<void> {
  const clearAway = async () => {
    const orders: { order_id: string; status: string }[] = (
      await get(`${url}/orders?limit=200&user_id=${userId}`)
    ).body.orders;
    for (const { order_id, status } of orders)
      if (status === 'Pending') await post(`${url}/orders/${order_id}/cancel`);
    for (const orderId of work.orderIds) work.end(orderId, 'refused');
    return orders.filter(({ status }) => status === 'Pending' || status === 'Processing');
  };
  await until(clearAway, (left) => left.length === 0);
}

for (const place of Object.values(PLACES))
  (place.isThere ? describe : describe.skip)(
    `whatever is done to orders on ${place.name}, in whatever sequence, each is where a small model says`,
    () => compareWithModel(place),
  );

function compareWithModel(place: DatabaseKind): void {
  const runs = runsOn(place);
  let database: Awaited<ReturnType<DatabaseKind['create']>>;
  let work: HeldWork;
  beforeEach(async () => {
    database = await place.create();
    work = new HeldWork();
  });
  afterEach(() => database.remove());

  it(
    'with stops in between',
    async () => {
      const start = () => startApp({ config: { ...CONFIG, DATABASE_URL: database.url }, ...inProcess(work) });
      let server: RunningApp = await start();
      const system = {
        work,
        get url() {
          return server.url;
        },
        restart: async () => {
          await server.close();
          server = await start();
        },
      };
      try {
        await agree(system, runs);
      } finally {
        await server.close();
      }
      await expectSoundAt(database.url);
    },
    60_000 + runs * LONGEST_RUN_MS,
  );

  it(
    'with SIGKILL in between',
    async () => {
      const receiver = await overHttp(work);
      const environment = {
        ...CONFIG,
        DATABASE_URL: database.url,
        PROCESSOR: 'http',
        PROCESSOR_URL: receiver.url,
      };
      let server = await ServerProcess.start(environment);
      const system = {
        work,
        get url() {
          return server.url;
        },
        restart: async () => {
          await server.kill();
          await until(
            async () => work.orderIds,
            (left) => left.length === 0,
          );
          server = await ServerProcess.start(environment);
        },
      };
      try {
        await agree(system, Math.ceil(runs / 4));
      } finally {
        await server.kill();
        receiver.close();
      }
      await expectSoundAt(database.url);
    },
    60_000 + runs * LONGEST_RUN_MS,
  );
}
