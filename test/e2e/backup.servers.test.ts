import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findingsIn, PLACES } from '../support/any.database.js';
import { anOrder, post, untilMetrics } from '../support/client.js';
import { isInstalled } from '../support/daemon.js';
import { ServerProcess } from '../support/server.js';

const shell = (command: string, ...values: string[]) =>
  promisify(execFile)('bash', ['-ceo', 'pipefail', command, 'bash', ...values]);

/** The commands of docs/data.md, from one database to an empty one. */
const TOOLS = [
  {
    place: PLACES.postgres,
    program: 'pg_dump',
    move: (from: string, to: string) =>
      shell('pg_dump --format=custom "$1" | pg_restore --exit-on-error --no-owner --dbname "$2"', from, to),
  },
  {
    place: PLACES.mysql,
    program: 'mariadb-dump',
    move: (from: string, to: string) => {
      const [source, target] = [new URL(from), new URL(to)];
      const access = ['-h', source.hostname, '-P', source.port || '3306', '-u', source.username];
      return shell(
        'mariadb-dump "${@:3}" --single-transaction "$1" | mariadb "${@:3}" "$2"',
        source.pathname.slice(1),
        target.pathname.slice(1),
        ...access,
        ...(source.password ? [`-p${source.password}`] : []),
      );
    },
  },
];

for (const { place, program, move } of TOOLS)
  (place.isThere && isInstalled(program) ? it : it.skip)(
    `${program} under load saves every order that was acknowledged before (${place.name})`,
    async () => {
      const [from, to] = [await place.create(), await place.create()];
      const start = (url: string) =>
        ServerProcess.start({ DATABASE_URL: url, PROCESSING_TIME_MS: 5, LOG_LEVEL: 'info' });
      const server = await start(from.url);
      const [sent, acknowledged] = [new Set<string>(), new Set<string>()];
      let isOver = false;
      const client = async (name: string) => {
        for (let count = 0; !isOver; count++) {
          sent.add(`${name}-${count}`);
          const { status } = await post(`${server.url}/orders`, anOrder({ order_id: `${name}-${count}` }));
          if (status === 201) acknowledged.add(`${name}-${count}`);
        }
      };
      const clients = Array.from({ length: 10 }, (_, index) => client(`client-${index}`));
      await untilMetrics(server.url, ({ completed_orders: completed }) => completed > 200);
      const before = new Set(acknowledged);
      await move(from.url, to.url);
      isOver = true;
      await Promise.all(clients);
      await server.kill();

      const again = await start(to.url);
      for (let count = 0; count < 50; count++) {
        const order_id = `later-${count}`;
        sent.add(order_id);
        expect((await post(`${again.url}/orders`, anOrder({ order_id }))).status).toBe(201);
        before.add(order_id);
      }
      await untilMetrics(again.url, (now) => now.pending_orders + now.processing_orders === 0);
      await again.stop();
      expect(await findingsIn(to.url, { sent, acknowledged: before })).toEqual([]);
      for (const { remove } of [from, to]) await remove();
    },
    120_000,
  );
