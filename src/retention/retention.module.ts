import { Module } from '@nestjs/common';
import { OrdersModule } from '../orders/orders.module.js';
import { OrderRetention } from './order.retention.js';

/** Deletes orders that ended long ago. */
@Module({ imports: [OrdersModule], providers: [OrderRetention] })
export class RetentionModule {}
