import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { PinoLogger } from 'nestjs-pino';
import { ORDERS_TRANSITIONED, type OrdersTransitioned } from '../domain/order.events.js';

/** Logs every transition that this process has committed, at the level debug. */
@Injectable()
export class TransitionLog {
  constructor(private readonly pino: PinoLogger) {}

  @OnEvent(ORDERS_TRANSITIONED)
  onOrdersTransitioned({ transitions }: OrdersTransitioned): void {
    const { logger } = this.pino;
    if (!logger.isLevelEnabled('debug')) return;
    for (const { orderId, from, to, attempt } of transitions)
      logger.debug({ order_id: orderId, from, to, attempt }, `order ${orderId}: ${from ?? 'new'} → ${to}`);
  }
}
