import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { temporaryDatabase } from '../support/app.js';
import { BareServer } from '../support/bare.server.js';
import { anOrder } from '../support/client.js';
import { rows } from '../support/database.file.js';
import { request } from '../support/raw.js';
import { ServerProcess } from '../support/server.js';

const CLIENTS = 50;

/** Connects, sends, and tells what came back until the server closed; a reset is an error. */
async function ask(url: string, bytes: string, connected: () => void = () => undefined): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const received = text(socket);
  socket.once('connect', connected);
  socket.write(bytes);
  return received;
}

describe('clients that are connected, but not accepted yet, when the server is told to stop', () => {
  it.each([0, 5, 25])(
    'are all answered, round after round, with the loop kept busy for %i ms',
    async (busyMs) => {
      for (let round = 0; round < 20; round++) {
        const server = await BareServer.start({ closeTimeout: 20_000 }, (_, response) => {
          const until = performance.now() + busyMs / CLIENTS;
          while (performance.now() < until); // what other requests need
          response.setHeader('connection', 'close').end('answered');
        });
        const asking = Promise.all(
          Array.from({ length: CLIENTS }, () => ask(server.url, request('GET', '/'))),
        );
        await new Promise((resolve) => process.nextTick(resolve)); // the system has them now, and the server has not looked
        const until = performance.now() + busyMs;
        while (performance.now() < until);
        const closed = server.close();
        expect((await asking).filter((answer) => !answer.endsWith('answered'))).toEqual([]);
        await closed;
      }
    },
  );

  it('have their orders taken, answered and stored by the built server', async () => {
    const database = temporaryDatabase();
    try {
      for (let round = 0; round < 5; round++) {
        const server = await ServerProcess.start({ DATABASE_URL: database.url, PROCESSING_TIME_MS: 0 });
        server.process.kill('SIGSTOP');
        const areConnected = Promise.withResolvers<void>();
        let connected = 0;
        const asking = Array.from({ length: CLIENTS }, (_, client) => {
          const order = JSON.stringify(anOrder({ order_id: `order-${round}-${client}` }));
          return ask(server.url, request('POST', '/orders', order), () => {
            if (++connected === CLIENTS) areConnected.resolve();
          });
        });
        await areConnected.promise;
        const exit = once(server.process, 'exit');
        server.process.kill('SIGTERM');
        server.process.kill('SIGCONT');
        const answers = await Promise.all(asking);
        expect(answers.filter((answer) => !answer.startsWith('HTTP/1.1 201 '))).toEqual([]);
        expect(await exit).toEqual([0, null]);
      }
      expect(rows(database.url, 'SELECT order_id FROM orders')).toHaveLength(5 * CLIENTS);
    } finally {
      database.remove();
    }
  });
});
