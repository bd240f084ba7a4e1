import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiParam, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ApiProblems, ApiQueryOf, ApiRoute } from '../../http/openapi/api.decorators.js';
import { BatchDto, BatchReportDto } from '../dto/batch.dto.js';
import { CreateOrderDto } from '../dto/create-order.dto.js';
import { EraseOrdersDto, ErasedDto } from '../dto/erase-orders.dto.js';
import { ExportOrdersQuery } from '../dto/export-orders.query.js';
import { ListOrdersQuery } from '../dto/list-orders.query.js';
import { HistoryEntryDto, OrderDetailDto, OrderPageDto, OrderStatusDto } from '../dto/order.dto.js';
import * as examples from './orders.examples.js';
import { ReceiptDto } from '../dto/receipt.dto.js';
import { RetriedDto, RetryOrdersDto } from '../dto/retry-orders.dto.js';

const LOCATION = { description: 'the URL of the order', schema: { type: 'string' } } as const;
const REPLAYED = {
  description: 'true: the order was there already',
  schema: { type: 'string', enum: ['true'] },
};
const ORDER_ID = { name: 'id', description: 'the `order_id`', example: 'order-1' } as const;

type Examples = Record<string, { summary: string; value: unknown }>;

const json = (dto: new () => object, named: Examples) =>
  ApiBody({ required: true, schema: { $ref: getSchemaPath(dto) }, examples: named });

/** `POST /orders` */
export const ApiCreateOrder = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'createOrder',
      'Accept an order',
      'Answers after the order is committed to the disk: from then on it is never lost, and is processed. It does no harm to repeat a request with the same `order_id` or `Idempotency-Key`: there is one order, however often it is sent.',
    ),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        '1 to 255 visible characters; a second request with the same key and content gets the same order',
      schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
    }),
    json(CreateOrderDto, examples.NEW_ORDERS),
    ApiResponse({ status: 201, type: ReceiptDto, description: 'accepted', headers: { Location: LOCATION } }),
    ApiResponse({
      status: 200,
      type: ReceiptDto,
      description: 'a repeat: the order was accepted before, and this is its status now',
      headers: { Location: LOCATION, 'Idempotent-Replayed': REPLAYED },
      example: examples.REPLAYED,
    }),
    ApiProblems([400, 409, 413, 415, 422, 503], { 400: examples.INVALID_ORDER }),
  );

/** `POST /orders/batch` */
export const ApiCreateOrderBatch = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'createOrderBatch',
      'Accept up to 1000 orders',
      'Each is judged by itself; all that are valid are written together. An `Idempotency-Key` is not read here: give each order its id.',
    ),
    json(BatchDto, examples.BATCHES),
    ApiResponse({
      status: 200,
      type: BatchReportDto,
      description: 'what became of each',
      example: examples.BATCH_REPORT,
    }),
    ApiProblems([400, 413, 415, 503], { 400: examples.INVALID_BATCH }),
  );

/** `POST /orders/retry` */
export const ApiRetryOrders = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'retryOrders',
      'Retry Failed orders in bulk',
      'Those that were accepted first, first, at the tail of the queue; each has all its attempts anew. Without `limit` 1000 of them.',
    ),
    json(RetryOrdersDto, examples.RETRIES),
    ApiResponse({ status: 200, type: RetriedDto, description: 'how many' }),
    ApiProblems([400, 413, 415, 503], { 400: examples.INVALID_LIMIT }),
  );

/** `POST /orders/erase` */
export const ApiEraseOrders = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'eraseOrders',
      'Take a user out of their orders',
      'A random pseudonym takes the place of the `user_id`; errors and idempotency keys are cleared, also in what is kept for webhooks. Items, amounts and instants stay. Orders that are Pending or Processing are not touched. Cannot be undone. Without `limit` 1000 orders.',
    ),
    json(EraseOrdersDto, examples.ERASURES),
    ApiResponse({ status: 200, type: ErasedDto, description: 'how many' }),
    ApiProblems([400, 413, 415, 503], { 400: examples.NO_USER }),
  );

/** `GET /orders` */
export const ApiListOrders = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'listOrders',
      'List orders, newest first',
      'A page may hold fewer than `limit` orders, and none: `next_cursor` alone tells whether there is more. Pages stay stable while orders arrive: none is shown twice, none is left out.',
    ),
    ApiQueryOf(ListOrdersQuery),
    ApiResponse({ status: 200, type: OrderPageDto, description: 'a page', example: examples.PAGE }),
    ApiProblems([400, 503], { 400: examples.INVALID_LIMIT }),
  );

/** `GET /orders/export` */
export const ApiExportOrders = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'exportOrders',
      'All orders that match, as NDJSON or CSV',
      'Newest first, each a line, as long as the client reads. An answer that is cut off is not complete. In CSV a text that a spreadsheet would take for a formula has an apostrophe before it.',
    ),
    ApiQueryOf(ExportOrdersQuery),
    ApiResponse({
      status: 200,
      description: 'the orders',
      content: {
        'application/x-ndjson': {
          schema: { type: 'string', example: examples.NDJSON },
          example: examples.NDJSON,
        },
        'text/csv': { schema: { type: 'string', example: examples.CSV }, example: examples.CSV },
      },
    }),
    ApiProblems([400, 503], { 400: examples.INVALID_FORMAT }),
  );

/** `GET /orders/{id}` */
export const ApiGetOrder = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'getOrder',
      'The whole order',
      'While it is Pending also its position in the queue, and when it will be completed at the present rate.',
    ),
    ApiParam(ORDER_ID),
    ApiResponse({
      status: 200,
      type: OrderDetailDto,
      description: 'the order',
      examples: examples.ORDERS,
    }),
    ApiProblems([400, 404, 503], { 400: examples.UNREADABLE_PATH }),
  );

/** `GET /orders/{id}/status` */
export const ApiGetOrderStatus = (): MethodDecorator =>
  applyDecorators(
    ApiRoute('getOrderStatus', 'The status of an order', 'For clients that wait for an order to be done.'),
    ApiParam(ORDER_ID),
    ApiResponse({ status: 200, type: OrderStatusDto, description: 'the status' }),
    ApiProblems([400, 404, 503], { 400: examples.UNREADABLE_PATH }),
  );

/** `GET /orders/{id}/history` */
export const ApiGetOrderHistory = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'getOrderHistory',
      'Every transition of an order, oldest first',
      'Of more than 10,000 transitions the acceptance and the latest 10,000.',
    ),
    ApiParam(ORDER_ID),
    ApiResponse({
      status: 200,
      type: [HistoryEntryDto],
      description: 'the transitions',
      example: examples.HISTORY,
    }),
    ApiProblems([400, 404, 503], { 400: examples.UNREADABLE_PATH }),
  );

/** `POST /orders/{id}/cancel` */
export const ApiCancelOrder = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'cancelOrder',
      'Cancel a Pending order',
      'Final. Of a cancellation and a start that race, exactly one wins. No body is needed.',
    ),
    ApiParam(ORDER_ID),
    ApiResponse({
      status: 200,
      type: OrderDetailDto,
      description: 'the cancelled order',
      example: examples.CANCELLED,
    }),
    ApiProblems([400, 404, 409, 503], { 400: examples.UNREADABLE_PATH, 409: examples.TOO_LATE }),
  );

/** `POST /orders/{id}/retry` */
export const ApiRetryOrder = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'retryOrder',
      'Put a Failed order at the tail of the queue',
      'It has all its attempts anew; `attempts` counts on. No body is needed.',
    ),
    ApiParam(ORDER_ID),
    ApiResponse({
      status: 200,
      type: OrderDetailDto,
      description: 'the order, Pending again',
      example: examples.RETRIED,
    }),
    ApiProblems([400, 404, 409, 503], { 400: examples.UNREADABLE_PATH, 409: examples.NOT_FAILED }),
  );
