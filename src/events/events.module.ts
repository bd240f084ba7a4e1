import { Module } from '@nestjs/common';
import { OrdersModule } from '../orders/orders.module.js';
import { EventFeed } from './event.feed.js';
import { EventsController } from './events.controller.js';

/** Tells clients of every transition as it happens. */
@Module({ imports: [OrdersModule], controllers: [EventsController], providers: [EventFeed] })
export class EventsModule {}
