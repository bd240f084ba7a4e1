import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { v7 as uuidv7 } from 'uuid';
import { CommonModule } from '../../src/common/common.module.js';
import { RequestLogger } from '../../src/common/logger.js';
import { loadConfig } from '../../src/config.js';
import { configureHttp } from '../../src/http.js';
import type { OrderRequest, Receipt } from '../../src/orders/order.js';
import { OrdersBatch } from '../../src/orders/orders.batch.js';
import { OrdersController } from '../../src/orders/orders.controller.js';
import { OrdersService } from '../../src/orders/orders.service.js';
import { listen } from './listen.js';

/** Ordermill's own route with nothing behind it: what its HTTP side costs, and storing does not. */
class UnstoredOrders implements Pick<OrdersService, 'accept'> {
  async accept({ orderId }: OrderRequest): Promise<Receipt> {
    return { seq: 1, orderId: orderId ?? uuidv7(), status: 'Pending', replayed: false };
  }
}

@Module({
  imports: [CommonModule],
  controllers: [OrdersController],
  providers: [
    { provide: OrdersService, useClass: UnstoredOrders },
    { provide: OrdersBatch, useValue: {} },
  ],
})
class UnstoredModule {}

const app = await NestFactory.create<NestExpressApplication>(UnstoredModule, {
  bodyParser: false,
  logger: new RequestLogger(loadConfig()),
});
configureHttp(app);
await listen(app);
