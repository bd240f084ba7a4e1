import type { OrderStatus } from './order.status.js';

/** No order has this id. */
export class OrderNotFound extends Error {
  constructor(orderId: string) {
    super(`There is no order ${orderId}.`);
  }
}

/** The id belongs to an order with other content. */
export class OrderIdConflict extends Error {
  constructor(orderId: string) {
    super(`Order ${orderId} exists with other content.`);
  }
}

/** The idempotency key belongs to an order with other content. */
export class IdempotencyKeyConflict extends Error {
  constructor() {
    super('This Idempotency-Key was used for an order with other content.');
  }
}

/** The order is past the point where this can be done. */
export class WrongStatus extends Error {
  constructor(
    action: string,
    orderId: string,
    readonly status: OrderStatus,
  ) {
    super(`Order ${orderId} cannot be ${action}: it is ${status}.`);
  }
}

/** As many orders wait as may: a client tries again when some have been processed. */
export class BacklogFull extends Error {
  constructor(limit: number) {
    super(`${limit} orders are waiting already; please try again later.`);
  }
}
