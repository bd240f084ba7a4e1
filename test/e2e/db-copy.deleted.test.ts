import { EventEmitter2 } from '@nestjs/event-emitter';
import { Clock } from '../../src/common/clock.js';
import { Random } from '../../src/common/random.js';
import { DeletionLease } from '../../src/orders/store/deletion.lease.js';
import { DELETED, HIGHEST, toPosition, type LogPosition } from '../../src/orders/store/log/log.position.js';
import { OrdersStore } from '../../src/orders/store/orders.store.js';
import { ordersSql } from '../../src/orders/store/sql/dialects.js';
import { booksOf, PLACES, withDatabase } from '../support/any.database.js';
import { CopyCommand } from '../support/copy.command.js';
import { createSample } from '../support/sample.orders.js';
import { aRequest } from '../support/store.js';

const { file, postgres, mysql } = PLACES;

const storeOn = async (database: Parameters<typeof ordersSql>[0]) => {
  const store = new OrdersStore(ordersSql(database), new Clock(), new EventEmitter2(), {
    QUEUE_MAX_PENDING: 1e6,
  });
  await store.onModuleInit();
  return store;
};

/** Deletes every order that is final, as RETENTION_DAYS does. @returns how many */
const deleteFinal = (url: string) =>
  withDatabase(url, async (database) => {
    const lease = new DeletionLease(ordersSql(database), new Random());
    await lease.claim();
    const seqs = (await database.read<{ seq: number }>('SELECT seq FROM orders')).map(({ seq }) =>
      Number(seq),
    );
    return (await storeOn(database)).remove({ seqs, owner: lease.owner });
  });

const positionsOf = (url: string) =>
  withDatabase(url, async ({ read }) => {
    const [[highest], [deleted]] = [await read<LogPosition>(HIGHEST), await read<LogPosition>(DELETED)];
    if (!highest || !deleted) throw new Error('no position');
    return { highest: toPosition(highest), deleted: toPosition(deleted) };
  });

/** Cancels a new order. @returns the id of the entry about it */
const nextEntry = (url: string) =>
  withDatabase(url, async (database) => {
    const store = await storeOn(database);
    const { seq } = await store.insert(aRequest());
    await store.transition({ seq, from: 'Pending', to: 'Cancelled', at: 1 });
    const [row] = await database.read<{ id: number }>('SELECT MAX(id) AS id FROM order_history');
    return Number(row?.id);
  });

(postgres.isThere && mysql.isThere ? it : it.skip)(
  'db:copy takes along what deleted orders have counted, and gives none of their numbers again',
  async () => {
    const made = await Promise.all([file, postgres, mysql, file].map((place) => place.create()));
    const [source = '', ...others] = made.map(({ url }) => url);
    await createSample(source, 300);
    const transitioned = (await positionsOf(source)).highest.transitioned;
    expect(await deleteFinal(source)).toBeGreaterThan(50);
    const positions = await positionsOf(source);
    expect(positions.deleted.transitioned).toBeGreaterThan(0);
    for (const [index, to] of others.entries()) {
      const { code, said } = await CopyCommand.run(made[index]?.url ?? '', to);
      expect([code, said]).toEqual([0, expect.stringContaining('equal')]);
      expect(await booksOf(to)).toEqual(await booksOf(source));
      expect(await positionsOf(to)).toEqual(positions);
    }
    for (const to of others) expect(await nextEntry(to)).toBeGreaterThan(transitioned);
    for (const { remove } of made) await remove();
  },
  120_000,
);
