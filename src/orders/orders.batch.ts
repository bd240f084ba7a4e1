import { Injectable } from '@nestjs/common';
import { BatcherFull } from '../common/batcher.js';
import { SchemaValidator, type FieldError } from '../common/schema.validator.js';
import { DatabaseUnavailable } from '../database/database.js';
import type { BatchReportDto, BatchResultDto } from './dto/batch.dto.js';
import { CreateOrderDto, toOrderRequest } from './dto/create-order.dto.js';
import type { Receipt } from './order.js';
import { BacklogFull, OrderIdConflict } from './orders.errors.js';
import { OrdersService } from './orders.service.js';

/** Refused orders whose every problem is listed; of the rest, the first: a batch may hold a million mistakes. */
const TOLD_ALL = 100;

/** `POST /orders/batch`: judges each entry by itself, writes the good ones together, and reports on all. */
@Injectable()
export class OrdersBatch {
  constructor(
    private readonly orders: OrdersService,
    private readonly schemas: SchemaValidator,
  ) {}

  async accept(entries: unknown[]): Promise<BatchReportDto> {
    const errors = this.#validate(entries);
    const valid = entries.filter((_, index) => !errors[index]) as CreateOrderDto[]; // just validated
    const accepted = await this.orders.acceptAll(valid.map((dto) => toOrderRequest(dto, null)));
    const outcomes = accepted.values();
    const results = entries.map((entry, index): BatchResultDto => {
      const found = errors[index];
      if (found) return refused(index, entry, 400, 'The order is not valid.', found);
      const outcome = outcomes.next().value;
      if (outcome && 'value' in outcome) return taken(index, outcome.value);
      const [status, message] = whyNot(outcome?.error);
      return refused(index, entry, status, message);
    });
    const having = (status: number) => results.filter(({ status_code }) => status_code === status).length;
    const [created, replayed] = [having(201), having(200)];
    return { accepted: created, replayed, rejected: entries.length - created - replayed, results };
  }

  #validate(entries: unknown[]): (FieldError[] | undefined)[] {
    let refusals = 0;
    return entries.map((entry) => {
      const errors = this.schemas.errors(CreateOrderDto, entry, refusals < TOLD_ALL ? 'all' : 'first');
      if (errors) refusals++;
      return errors;
    });
  }
}

function taken(index: number, { orderId, replayed }: Receipt): BatchResultDto {
  return { index, order_id: orderId, status_code: replayed ? 200 : 201, message: 'Order received' };
}

function refused(index: number, entry: unknown, status_code: number, message: string, errors?: FieldError[]) {
  const id: unknown = (entry as Partial<CreateOrderDto> | null)?.order_id;
  const order_id = typeof id === 'string' || typeof id === 'number' ? String(id) : null;
  return { index, order_id, status_code, message, ...(errors && { errors }) };
}

function whyNot(reason: unknown): [status: number, message: string] {
  if (reason instanceof OrderIdConflict) return [409, reason.message];
  if (reason instanceof BacklogFull || reason instanceof BatcherFull || reason instanceof DatabaseUnavailable)
    return [503, 'The order could not be stored now; please try again.'];
  throw reason;
}
