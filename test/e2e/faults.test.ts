import { OrdersService } from '../../src/orders/orders.service.js';
import { startApp, temporaryDatabase } from '../support/app.js';
import { expectSound } from '../support/books.js';
import { get, until } from '../support/client.js';
import { random, withFaults } from '../support/faults.js';
import { rows } from '../support/database.file.js';

const SEED = Number(process.env['FAULTS_SEED'] ?? Date.now() % 2 ** 31);
const ORDERS = 20_000;
const CLIENTS = 32;

describe(`a database with faults (FAULTS_SEED=${SEED})`, () => {
  it(`completes each of ${ORDERS} orders once, and starts them in their order`, async () => {
    const file = temporaryDatabase();
    const faulty = withFaults(file.url, random(SEED));
    const server = await startApp({
      config: { DATABASE_URL: file.url },
      override: faulty.override,
    });
    try {
      const service = server.app.get(OrdersService);
      const numbers = Array.from({ length: ORDERS }, (_, index) => index).values();
      let acknowledged = 0;
      /** Asks with the same id until it is told that the order is there. */
      const client = async () => {
        for (const number of numbers) {
          const order = { userId: `user-${number % 7}`, itemIds: ['item-1'], totalAmount: number };
          while (
            !(await service
              .accept({ ...order, orderId: `order-${number}`, idempotencyKey: null })
              .catch(() => undefined))
          );
          acknowledged++;
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      expect(acknowledged).toBe(ORDERS);
      await until(
        () => get(`${server.url}/metrics`),
        ({ body }) => body.completed_orders === ORDERS,
        60_000,
      );
      for (const fault of ['before', 'after', 'late', 'busy'] as const)
        expect(faulty.met[fault]).toBeGreaterThan(0);
      await expectSound(file.file);
      const completions = rows<{ count: number; orders: number }>(
        file.url,
        `SELECT COUNT(*) AS count, COUNT(DISTINCT order_seq) AS orders FROM order_history WHERE to_status = 'Completed'`,
      );
      expect(completions).toEqual([{ count: ORDERS, orders: ORDERS }]);
    } finally {
      await server.close();
      file.remove();
    }
  }, 120_000);
});
