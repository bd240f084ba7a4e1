import type { Outcome } from '../../common/batcher.js';
import type { Receipt } from '../../domain/order.js';
import type { TransitionRequest, TransitionedOrder } from '../../domain/order.transition.js';
import type { RemovalRequest } from './order.removal.js';
import { sizeOf, type NewOrder } from './idempotency.rules.js';
import type { ErasureRequest } from './order.user.erasure.js';
import type { OrdersTransaction } from './orders.transaction.js';

/** A transition is small, and so is the beginning of an error that it keeps. In characters, as `sizeOf` an order. */
const SMALL = 1000;

/** Made once: the stack of an error costs more than the write. */
const NONE = { error: new Error('a write without an outcome') };

/** One write on its way into a transaction; after the commit it has its outcome. */
abstract class Write<Result> {
  outcome: Outcome<Result> = NONE;

  constructor(readonly size = SMALL) {}

  /** @throws why it was not written */
  get result(): Result {
    if ('error' in this.outcome) throw this.outcome.error;
    return this.outcome.value;
  }
}

export class Insert extends Write<Receipt> {
  constructor(readonly order: NewOrder) {
    super(sizeOf(order));
  }
}

/** Undefined: the order is no longer where the transition starts. */
export class Transition extends Write<TransitionedOrder | undefined> {
  constructor(readonly request: TransitionRequest) {
    super();
  }
}

/** A write that is a statement or more of its own. */
export abstract class Operation<Result> extends Write<Result> {
  async apply(transaction: OrdersTransaction): Promise<void> {
    this.outcome = { value: await this.applyTo(transaction) };
  }

  protected abstract applyTo(transaction: OrdersTransaction): Promise<Result>;
}

/** Renews the leases of all that an owner processes. */
export class LeaseRenewal extends Operation<void> {
  constructor(
    private readonly owner: string,
    private readonly leaseMs: number,
  ) {
    super();
  }

  protected applyTo(transaction: OrdersTransaction): Promise<void> {
    return transaction.renewLeases(this.owner, this.leaseMs);
  }
}

/** Ends the back-off of orders that are due by `now`: they may start. */
export class DelayEnd extends Operation<void> {
  constructor(
    private readonly seqs: number[],
    private readonly now: number,
  ) {
    super();
  }

  protected applyTo(transaction: OrdersTransaction): Promise<void> {
    return transaction.endDelays(this.seqs, this.now);
  }
}

/** Deletes orders that are final. @returns how many of them */
export class Removal extends Operation<number> {
  constructor(private readonly request: RemovalRequest) {
    super();
  }

  protected applyTo(transaction: OrdersTransaction): Promise<number> {
    return transaction.remove(this.request);
  }
}

/** Takes a user out of orders. @returns out of how many */
export class Erasure extends Operation<number> {
  constructor(private readonly request: ErasureRequest) {
    super();
  }

  protected applyTo(transaction: OrdersTransaction): Promise<number> {
    return transaction.erase(this.request);
  }
}

export type AnyWrite = Insert | Transition | LeaseRenewal | DelayEnd | Removal | Erasure;
