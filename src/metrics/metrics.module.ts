import { Module } from '@nestjs/common';
import { OrdersModule } from '../orders/orders.module.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';

@Module({ imports: [OrdersModule], controllers: [MetricsController], providers: [MetricsService] })
export class MetricsModule {}
