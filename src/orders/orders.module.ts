import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Database } from '../database/database.js';
import { READER } from '../database/sources/reading.data.source.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { OldestOrders } from '../metrics/prometheus/oldest.orders.js';
import { QueueModule } from '../queue/queue.module.js';
import { ErasedElsewhere } from './erasure/erased.elsewhere.js';
import { OrderErasure } from './erasure/order.erasure.js';
import { OrderExports } from './export/order.exports.js';
import { OrdersBatch } from './orders.batch.js';
import { OrdersController } from './orders.controller.js';
import { OrdersService } from './orders.service.js';
import { ORDER_ENTITIES } from './store/entities/order.entities.js';
import { DeletionLease } from './store/deletion.lease.js';
import { FinalOrders } from './store/final.orders.js';
import { LogFollower } from './store/log/log.follower.js';
import { LogHolds } from './store/log/log.holds.js';
import { OrderLog } from './store/log/order.log.js';
import { OrdersReader } from './store/orders.reader.js';
import { OrdersStore } from './store/orders.store.js';
import { ordersSql } from './store/sql/dialects.js';
import { OrdersSql } from './store/sql/orders.sql.js';

@Module({
  imports: [QueueModule, MetricsModule, TypeOrmModule.forFeature(ORDER_ENTITIES, READER)],
  controllers: [OrdersController],
  providers: [
    OrdersBatch,
    OrderExports,
    OrderErasure,
    ErasedElsewhere,
    OrdersService,
    OrdersStore,
    OrdersReader,
    OrderLog,
    LogFollower,
    LogHolds,
    FinalOrders,
    DeletionLease,
    { provide: OrdersSql, useFactory: ordersSql, inject: [Database] },
  ],
  exports: [
    OrdersStore,
    OrdersReader,
    OrderLog,
    LogFollower,
    LogHolds,
    FinalOrders,
    DeletionLease,
    ErasedElsewhere,
  ],
})
export class OrdersModule {
  constructor(oldest: OldestOrders, reader: OrdersReader) {
    oldest.readBy(() => reader.oldest());
  }
}
