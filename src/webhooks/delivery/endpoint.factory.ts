import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Random } from '../../common/random.js';
import { CONFIG, type Config } from '../../config.js';
import { DeliverySteps } from '../store/delivery.steps.js';
import { HeldWebhooks } from '../store/held.webhooks.js';
import type { Webhook } from '../webhook.js';
import { EndpointDelivery, type Surroundings } from './endpoint.delivery.js';
import { LogPages } from './log.pages.js';
import { WebhookSender } from './webhook.sender.js';

/** The parts that the deliveries for all endpoints share. */
@Injectable()
export class DeliveryParts {
  constructor(
    readonly steps: DeliverySteps,
    readonly held: HeldWebhooks,
    readonly pages: LogPages,
    readonly sender: WebhookSender,
  ) {}
}

/** Begins to deliver for an endpoint. */
@Injectable()
export class EndpointFactory {
  constructor(
    private readonly parts: DeliveryParts,
    private readonly clock: Clock,
    private readonly random: Random,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  begin(webhook: Webhook, surroundings: Surroundings): EndpointDelivery {
    const { steps, held, pages, sender } = this.parts;
    const { clock, random, config } = this;
    return new EndpointDelivery(webhook, {
      steps,
      held,
      pages,
      sender,
      clock,
      random,
      config,
      ...surroundings,
    });
  }
}
