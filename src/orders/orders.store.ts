import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { v7 as uuidv7 } from 'uuid';
import { Batcher, type Outcome } from '../common/batcher.js';
import { Clock } from '../common/clock.js';
import { Database, DatabaseUnavailable } from '../database/database.js';
import type { OrderRequest, Receipt } from './order.js';
import { ORDERS_MOVED, type OrdersMoved } from './order.events.js';
import { isLegal } from './order.status.js';
import { OrdersWriter, type Move, type MovedOrder, type NewOrder } from './orders.writer.js';

/** One write on its way through the lane. */
type Write = { insert: NewOrder } | { move: Move };

/**
 * The one place where orders are written, and its one lane: whatever arrives together is one transaction and one sync
 * of the disk. Promises that a resolved write is durable, with its history and the counters, and announces it after.
 */
@Injectable()
export class OrdersStore implements OnModuleInit {
  readonly #lane = new Batcher<Write, Receipt | MovedOrder | undefined>((writes) => this.#commit(writes), {
    maxBatch: 500,
    maxWaiting: 20_000,
    isShared: (error) => error instanceof DatabaseUnavailable,
  });
  #nextSeq = 0;
  #lastCreatedAt = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly events: EventEmitter2,
  ) {}

  async onModuleInit(): Promise<void> {
    const [last] = await this.database.read<{ seq: number; created_at: number }>(
      'SELECT COALESCE(MAX(MAX(seq), MAX(queue_seq)), 0) AS seq, COALESCE(MAX(created_at), 0) AS created_at FROM orders',
    );
    this.#nextSeq = Number(last?.seq) + 1;
    this.#lastCreatedAt = Number(last?.created_at);
  }

  /**
   * Accepts an order. Resolves after the commit.
   * @throws OrderIdConflict, IdempotencyKeyConflict; DatabaseUnavailable, BatcherFull: nothing is promised, try again
   */
  async insert(request: OrderRequest): Promise<Receipt> {
    const insert = { ...request, hasOwnId: request.orderId !== null, orderId: request.orderId ?? uuidv7() };
    return (await this.#lane.add({ insert })) as Receipt; // an insert's outcome is a receipt
  }

  /** Makes one move; undefined when the order is no longer where the move starts. @throws as `insert` */
  async move(move: Move): Promise<MovedOrder | undefined> {
    if (!isLegal(move.from, move.to)) throw new Error(`no order moves from ${move.from} to ${move.to}`);
    return (await this.#lane.add({ move })) as MovedOrder | undefined; // a move's outcome is the order
  }

  /** Resolves when nothing waits to be written. */
  idle(): Promise<void> {
    return this.#lane.idle();
  }

  async #commit(writes: Write[]): Promise<Outcome<Receipt | MovedOrder | undefined>[]> {
    const inserts = writes.flatMap((write) => ('insert' in write ? write.insert : []));
    const moves = writes.flatMap((write) => ('move' in write ? write.move : []));
    const at = Math.max(this.clock.now(), this.#lastCreatedAt); // acceptance times never run backwards
    const { writer, receipts, moved } = await this.database.transaction(async (query) => {
      const writer = new OrdersWriter(query, this.#nextSeq);
      const receipts = await writer.insert(inserts, at);
      const moved = await writer.move(moves);
      await writer.finish();
      return { writer, receipts, moved };
    });
    this.#nextSeq = writer.nextSeq;
    this.#lastCreatedAt = at;
    if (writer.moves.length > 0)
      this.events.emit(ORDERS_MOVED, { moves: writer.moves } satisfies OrdersMoved);
    const nextReceipt = receipts.values();
    const nextMoved = moved.values();
    return writes.map((write) =>
      'insert' in write
        ? (nextReceipt.next().value ?? { value: undefined })
        : { value: nextMoved.next().value },
    );
  }
}
