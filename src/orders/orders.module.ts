import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { READER } from '../database/reading.data.source.js';
import { QueueModule } from '../queue/queue.module.js';
import { ORDER_ENTITIES } from './order.entities.js';
import { OrderRates } from './order.rates.js';
import { OrdersBatch } from './orders.batch.js';
import { OrdersController } from './orders.controller.js';
import { OrdersReader } from './orders.reader.js';
import { OrdersService } from './orders.service.js';
import { OrdersStore } from './orders.store.js';

@Module({
  imports: [QueueModule, TypeOrmModule.forFeature(ORDER_ENTITIES, READER)],
  controllers: [OrdersController],
  providers: [OrdersBatch, OrdersService, OrdersStore, OrdersReader, OrderRates],
  exports: [OrdersStore, OrdersReader, OrderRates],
})
export class OrdersModule {}
