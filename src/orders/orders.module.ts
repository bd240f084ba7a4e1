import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { OrderRates } from './order.rates.js';
import { OrdersBatch } from './orders.batch.js';
import { OrdersController } from './orders.controller.js';
import { OrdersReader } from './orders.reader.js';
import { OrdersService } from './orders.service.js';
import { OrdersStore } from './orders.store.js';

@Module({
  imports: [QueueModule],
  controllers: [OrdersController],
  providers: [OrdersBatch, OrdersService, OrdersStore, OrdersReader, OrderRates],
  exports: [OrdersStore, OrdersReader, OrderRates],
})
export class OrdersModule {}
