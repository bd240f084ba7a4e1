import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Database } from '../database/database.js';
import { READER } from '../database/sources/reading.data.source.js';
import { OrdersModule } from '../orders/orders.module.js';
import { ErasedElsewhere } from '../orders/erasure/erased.elsewhere.js';
import { LogHolds } from '../orders/store/log/log.holds.js';
import { DeliveryPruning } from './delivery/delivery.pruning.js';
import { DeliveryParts, EndpointFactory } from './delivery/endpoint.factory.js';
import { LogPages } from './delivery/log.pages.js';
import { Resolver } from './delivery/resolver.js';
import { TargetGuard } from './delivery/target.guard.js';
import { WebhookDeliverer } from './delivery/webhook.deliverer.js';
import { WebhookSender } from './delivery/webhook.sender.js';
import { DeliveriesStore } from './store/deliveries.store.js';
import { DeliverySteps } from './store/delivery.steps.js';
import { ErasedMessages } from './store/erased.messages.js';
import { HeldWebhooks } from './store/held.webhooks.js';
import { WEBHOOK_ENTITIES } from './store/webhook.entities.js';
import { WebhooksStore } from './store/webhooks.store.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

/** Tells registered endpoints of transitions, by signed posts: each at least once, those of one order in their order. */
@Module({
  imports: [OrdersModule, TypeOrmModule.forFeature(WEBHOOK_ENTITIES, READER)],
  controllers: [WebhooksController],
  providers: [
    DeliveriesStore,
    DeliveryParts,
    DeliveryPruning,
    DeliverySteps,
    EndpointFactory,
    HeldWebhooks,
    LogPages,
    Resolver,
    TargetGuard,
    WebhookDeliverer,
    WebhookSender,
    WebhooksService,
    WebhooksStore,
  ],
})
export class WebhooksModule {
  constructor(holds: LogHolds, elsewhere: ErasedElsewhere, webhooks: WebhooksStore, database: Database) {
    holds.add(() => webhooks.slowest());
    elsewhere.add(new ErasedMessages(database));
  }
}
