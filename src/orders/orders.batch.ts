import { Injectable, Logger } from '@nestjs/common';
import { BatcherFull, type Outcome } from '../common/batcher.js';
import { UNKNOWN_OUTCOME } from '../http/problem.js';
import { DatabaseUnavailable } from '../database/database.js';
import { SchemaValidator } from '../http/validation/schema.validator.js';
import type { BatchReportDto, BatchResultDto } from './dto/batch.dto.js';
import { CreateOrderDto, toOrderRequest } from './dto/create-order.dto.js';
import type { OrderRequest, Receipt } from '../domain/order.js';
import { BacklogFull, OrderIdConflict } from '../domain/order.errors.js';
import { OrdersService } from './orders.service.js';

/** Refused orders whose every problem is listed, and problems after which no more are; of the rest, the first. */
const TOLD_ALL = 100;
const TOLD_PROBLEMS = 1000;

interface Judged {
  /** The good ones. */
  requests: OrderRequest[];
  /** By the index in the batch; null for a good one. */
  refusals: (BatchResultDto | null)[];
}

/** `POST /orders/batch`: judges each entry by itself, writes the good ones together, and reports on all. */
@Injectable()
export class OrdersBatch {
  readonly #logger = new Logger(OrdersBatch.name);

  constructor(
    private readonly orders: OrdersService,
    private readonly schemas: SchemaValidator,
  ) {}

  /** Empties the array: its request would keep the entries until the answer, also those that are refused at once. */
  async accept(entries: unknown[]): Promise<BatchReportDto> {
    const { requests, refusals } = await this.#judge(entries.splice(0));
    const outcomes = await this.orders.acceptAll(requests);
    let next = 0;
    const results = refusals.map(
      (refusal, index) => refusal ?? this.#result(index, requests[next]?.orderId, outcomes[next++]),
    );
    const count = new Map<number, number>();
    for (const { status_code: status } of results) count.set(status, (count.get(status) ?? 0) + 1);
    const { 201: accepted = 0, 200: replayed = 0 } = Object.fromEntries(count);
    return { accepted, replayed, rejected: results.length - accepted - replayed, results };
  }

  async #judge(entries: unknown[]): Promise<Judged> {
    const requests: OrderRequest[] = [];
    const refusals: Judged['refusals'] = [];
    let refused = 0;
    let told = 0;
    for (const [index, entry] of entries.entries()) {
      if (this.schemas.admits(CreateOrderDto, entry)) {
        requests.push(toOrderRequest(entry as CreateOrderDto, null)); // just validated
        refusals.push(null);
        continue;
      }
      const errors =
        refused < TOLD_ALL && told < TOLD_PROBLEMS
          ? await this.schemas.errors(CreateOrderDto, entry)
          : this.schemas.firstError(CreateOrderDto, entry);
      refused++;
      told += errors.length;
      const message = 'The order is not valid.';
      refusals.push({ index, order_id: idOf(entry), status_code: 400, message, errors });
    }
    return { requests, refusals };
  }

  /** The others are stored already: whatever went wrong with this one is told of this one. */
  #result(index: number, id: string | null = null, outcome: Outcome<Receipt> | undefined): BatchResultDto {
    if (outcome && 'value' in outcome) {
      const { orderId, replayed } = outcome.value;
      return { index, order_id: orderId, status_code: replayed ? 200 : 201, message: 'Order received' };
    }
    const [status_code, message] = whyNot(outcome?.error);
    if (status_code === 500) this.#logger.error(outcome?.error);
    return { index, order_id: id, status_code, message };
  }
}

function idOf(entry: unknown): string | null {
  const id: unknown = (entry as Partial<CreateOrderDto> | null)?.order_id;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : null;
}

function whyNot(error: unknown): [status: number, message: string] {
  if (error instanceof OrderIdConflict) return [409, error.message];
  if (error instanceof BacklogFull || error instanceof BatcherFull || error instanceof DatabaseUnavailable)
    return [503, error.message];
  return [500, UNKNOWN_OUTCOME];
}
