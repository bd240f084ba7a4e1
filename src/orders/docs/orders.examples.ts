import type { FieldError } from '../../http/problem.js';
import type { BatchReportDto } from '../dto/batch.dto.js';
import type { CreateOrderDto } from '../dto/create-order.dto.js';
import type { EraseOrdersDto } from '../dto/erase-orders.dto.js';
import type { HistoryEntryDto, OrderDetailDto, OrderPageDto } from '../dto/order.dto.js';
import type { ReceiptDto } from '../dto/receipt.dto.js';
import { CSV_HEADER, toCsvLine } from '../export/csv.js';
import type { RetryOrdersDto } from '../dto/retry-orders.dto.js';

/** What the OpenAPI document shows of requests and answers. All are of one order, as it goes its way. */
const ACCEPTED_AT = '2026-01-31T12:00:00.000Z';
const STARTED_AT = '2026-01-31T12:00:01.250Z';
const ENDED_AT = '2026-01-31T12:00:03.254Z';

const CONTENT = { user_id: 'user-1', item_ids: ['item-1', 'item-2'], total_amount: 29.99 };

const PENDING: OrderDetailDto = {
  order_id: 'order-1',
  ...CONTENT,
  status: 'Pending',
  attempts: 0,
  error: null,
  created_at: ACCEPTED_AT,
  started_at: null,
  completed_at: null,
  updated_at: ACCEPTED_AT,
  queue_position: 1,
  estimated_completion_at: ENDED_AT,
};

const { queue_position: _position, estimated_completion_at: _estimate, ...NO_LONGER_PENDING } = PENDING;

const COMPLETED: OrderDetailDto = {
  ...NO_LONGER_PENDING,
  status: 'Completed',
  attempts: 1,
  started_at: STARTED_AT,
  completed_at: ENDED_AT,
  updated_at: ENDED_AT,
};

const FAILED = {
  ...NO_LONGER_PENDING,
  status: 'Failed',
  attempts: 5,
  error: { code: 'handler_error', message: 'the warehouse did not answer', attempt: 5 },
  started_at: STARTED_AT,
  updated_at: ENDED_AT,
} satisfies OrderDetailDto;

export const CANCELLED: OrderDetailDto = {
  ...NO_LONGER_PENDING,
  status: 'Cancelled',
  updated_at: STARTED_AT,
};

export const RETRIED: OrderDetailDto = {
  ...FAILED,
  status: 'Pending',
  queue_position: 12,
  estimated_completion_at: '2026-01-31T12:01:00.000Z',
};

export const ORDERS = {
  pending: { summary: 'an order that waits', value: PENDING },
  completed: { summary: 'an order that is done', value: COMPLETED },
  failed: { summary: 'an order whose attempts are used up', value: FAILED },
};

export const PAGE: OrderPageDto = { orders: [COMPLETED], next_cursor: 'bzE3Njk4NjA4MDAwMDAuMQ' };

export const NDJSON = `${JSON.stringify(COMPLETED)}\n`;
export const CSV = `${CSV_HEADER}${toCsvLine(COMPLETED)}`;

export const ERASURES: Record<string, { summary: string; value: EraseOrdersDto }> = {
  all: { summary: 'the orders of a user', value: { user_id: 'user-1' } },
  some: { summary: 'at most 100 of them', value: { user_id: 'user-1', limit: 100 } },
};

export const HISTORY: HistoryEntryDto[] = [
  { at: ACCEPTED_AT, from: null, to: 'Pending', attempt: 0, reason: null },
  { at: STARTED_AT, from: 'Pending', to: 'Processing', attempt: 1, reason: null },
  { at: ENDED_AT, from: 'Processing', to: 'Completed', attempt: 1, reason: null },
];

export const NEW_ORDERS: Record<string, { summary: string; value: CreateOrderDto }> = {
  ownId: { summary: 'with an id of the client’s', value: { order_id: 'order-1', ...CONTENT } },
  madeId: {
    summary: 'without: the server makes one; ids may be integers',
    value: { user_id: 7, item_ids: [1, 2], total_amount: 100 },
  },
};

export const REPLAYED: ReceiptDto = {
  message: 'Order received',
  order_id: 'order-1',
  status: 'Completed',
};

export const BATCHES: Record<string, { summary: string; value: { orders: Partial<CreateOrderDto>[] } }> = {
  two: {
    summary: 'two orders, of which the second is not valid',
    value: {
      orders: [
        { order_id: 'order-1', ...CONTENT },
        { user_id: 'user-2', total_amount: 100 },
      ],
    },
  },
};

export const BATCH_REPORT: BatchReportDto = {
  accepted: 1,
  replayed: 0,
  rejected: 1,
  results: [
    { index: 0, order_id: 'order-1', status_code: 201, message: 'Order received' },
    {
      index: 1,
      order_id: null,
      status_code: 400,
      message: 'The order is not valid.',
      errors: [{ field: 'item_ids', message: 'is required' }],
    },
  ],
};

export const RETRIES: Record<string, { summary: string; value: RetryOrdersDto }> = {
  all: { summary: 'all Failed orders, 1000 of them', value: {} },
  some: {
    summary: 'those of one user that failed since an instant',
    value: { user_id: 'user-1', failed_from: ACCEPTED_AT, limit: 100 },
  },
};

export const INVALID_ORDER = invalid(
  { field: 'total_amount', message: 'must be a number from 0 to 999999999.99 with at most 2 decimals' },
  { field: 'orderId', message: 'is not a known field' },
);
export const INVALID_BATCH = invalid({
  field: 'orders',
  message: 'must be an array of 1 to 1000 orders, each judged by itself',
});
export const INVALID_FORMAT = invalid({ field: 'format', message: 'must be one of ndjson, csv' });
export const NO_USER = invalid({ field: 'user_id', message: 'is required' });
export const INVALID_LIMIT = invalid({ field: 'limit', message: 'must be a whole number from 1 to 200' });

/** The one way in which a request without a body and a query is not valid: an escape in its path that is none. */
export const UNREADABLE_PATH = { detail: "Failed to decode param '%zz'", instance: '/orders/%zz' };
export const TOO_LATE = { detail: 'Order order-1 cannot be cancelled: it is Completed.' };
export const NOT_FAILED = { detail: 'Order order-1 cannot be retried: it is Completed.' };

function invalid(...errors: FieldError[]): { detail: string; errors: FieldError[] } {
  return {
    detail: `The request has ${errors.length === 1 ? '1 problem' : `${errors.length} problems`}.`,
    errors,
  };
}
