import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { v7 as uuidv7 } from 'uuid';
import { CommonModule } from '../../src/common/common.module.js';
import { HttpModule } from '../../src/http/http.module.js';
import { HttpAdapter } from '../../src/http/server/http.adapter.js';
import { LoggingModule } from '../../src/logging/logging.module.js';
import { configureHttp } from '../../src/http.js';
import type { OrderRequest, Receipt } from '../../src/domain/order.js';
import { OrderErasure } from '../../src/orders/erasure/order.erasure.js';
import { OrderExports } from '../../src/orders/export/order.exports.js';
import { OrdersBatch } from '../../src/orders/orders.batch.js';
import { OrdersController } from '../../src/orders/orders.controller.js';
import { OrdersService } from '../../src/orders/orders.service.js';
import { Authentication } from '../../src/keys/authentication.js';
import { StatusPage } from '../../src/dashboard/status.page.js';
import { listen } from './listen.js';

/**
 * Ordermill's controller, its validation and its errors with nothing behind them, in Nest as it comes: the same route
 * without a database. With OWN_ADAPTER, in Ordermill's own HTTP adapter: what its HTTP side alone costs.
 */
class UnstoredOrders implements Pick<OrdersService, 'accept'> {
  async accept({ orderId }: OrderRequest): Promise<Receipt> {
    return { seq: 1, orderId: orderId ?? uuidv7(), status: 'Pending', replayed: false };
  }
}

@Module({
  imports: [EventEmitterModule.forRoot(), CommonModule, LoggingModule, HttpModule],
  controllers: [OrdersController],
  providers: [
    { provide: OrdersService, useClass: UnstoredOrders },
    ...[OrdersBatch, OrderExports, OrderErasure].map((provide) => ({ provide, useValue: {} })),
    { provide: Authentication, useValue: { isOpen: true } },
    { provide: StatusPage, useValue: { docsLook: {} } },
  ],
})
class UnstoredModule {}

const adapter = process.env['OWN_ADAPTER'] ? new HttpAdapter({}) : new ExpressAdapter();
const app = await NestFactory.create<NestExpressApplication>(UnstoredModule, adapter, {
  bodyParser: false,
  abortOnError: false,
  logger: false,
});
configureHttp(app);
await listen(app);
