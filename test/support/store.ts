import { EventEmitter2 } from '@nestjs/event-emitter';
import { Clock } from '../../src/common/clock.js';
import type { Database } from '../../src/database/database.js';
import { ReadingDataSource, readingOptions } from '../../src/database/sources/reading.data.source.js';
import { ORDER_ENTITIES } from '../../src/orders/store/entities/order.entities.js';
import { OrderHistoryEntity } from '../../src/orders/store/entities/order-history.entity.js';
import { OrderEntity } from '../../src/orders/store/entities/order.entity.js';
import {
  ORDERS_TRANSITIONED,
  ORDERS_UNCERTAIN,
  type OrderTransition,
  type OrdersTransitioned,
} from '../../src/domain/order.events.js';
import type { OrderRequest } from '../../src/domain/order.js';
import { CountersReader } from '../../src/metrics/counters.reader.js';
import { OrdersReader } from '../../src/orders/store/orders.reader.js';
import { OrdersStore } from '../../src/orders/store/orders.store.js';
import { ordersSql } from '../../src/orders/store/sql/dialects.js';

/** Opens a new, empty database. `remove` takes it away again; the database is closed by then. */
export type OpenDatabase = () => Promise<{ database: Database; remove: () => void | Promise<void> }>;

export interface OpenStore {
  database: Database;
  store: OrdersStore;
  reader: OrdersReader;
  counters: CountersReader;
  events: EventEmitter2;
  /** What was announced: one array for each event. */
  announced: OrderTransition[][];
  close: () => Promise<void>;
}

/** The real store and reader on a database of their own. */
export async function openStore(open: OpenDatabase, clock = new Clock()): Promise<OpenStore> {
  const { database, remove } = await open();
  const events = new EventEmitter2();
  const announced: OrderTransition[][] = [];
  events.on(ORDERS_TRANSITIONED, ({ transitions }: OrdersTransitioned) => announced.push(transitions));
  const store = new OrdersStore(ordersSql(database), clock, events, { QUEUE_MAX_PENDING: 1_000_000 });
  await store.onModuleInit();
  const close = async () => {
    await database.onApplicationShutdown();
    await remove();
  };
  const reader = await readerOn(database, clock);
  const counters = new CountersReader(database);
  for (const event of [ORDERS_TRANSITIONED, ORDERS_UNCERTAIN]) events.on(event, () => counters.forget());
  return { database, store, reader, counters, events, announced, close };
}

/** The real reader, with its repositories. */
export async function readerOn(database: Database, clock = new Clock()): Promise<OrdersReader> {
  const options = { ...readingOptions(database), entities: ORDER_ENTITIES };
  const source = await new ReadingDataSource(options).initialize();
  return new OrdersReader(
    ordersSql(database),
    source.getRepository(OrderEntity),
    source.getRepository(OrderHistoryEntity),
    clock,
  );
}

/** A request for an order; `fields` replace. */
export function aRequest(fields: Partial<OrderRequest> = {}): OrderRequest {
  return {
    orderId: null,
    idempotencyKey: null,
    userId: 'user-1',
    itemIds: ['item-1', 'item-2'],
    totalAmount: 2999,
    ...fields,
  };
}
