import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiProblems, ApiQueryOf } from '../common/api.decorators.js';
import { InvalidRequest } from '../common/problem.js';
import { BatchDto, BatchReportDto } from './dto/batch.dto.js';
import { CreateOrderDto, IDEMPOTENCY_KEY, toOrderRequest } from './dto/create-order.dto.js';
import { ListOrdersQuery, toListRequest } from './dto/list-orders.query.js';
import {
  HistoryEntryDto,
  OrderDetailDto,
  OrderErrorDto,
  OrderPageDto,
  OrderStatusDto,
  toHistoryDto,
  toOrderDetailDto,
  toOrderPageDto,
} from './dto/order.dto.js';
import { ReceiptDto, toReceiptDto } from './dto/receipt.dto.js';
import { RetriedDto, RetryOrdersDto, toRetryRequest } from './dto/retry-orders.dto.js';
import type { Receipt } from './order.js';
import { OrderIdPipe } from './order.id.pipe.js';
import { OrdersBatch } from './orders.batch.js';
import { OrdersService } from './orders.service.js';

const LOCATION = { description: 'the URL of the order', schema: { type: 'string' } } as const;
const REPLAYED = {
  description: 'true: the order was there already',
  schema: { type: 'string', enum: ['true'] },
};

@ApiTags('orders')
@ApiExtraModels(ListOrdersQuery, OrderErrorDto)
@Controller(['orders', 'order'])
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly batch: OrdersBatch,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Accept an order',
    description:
      'Answers after the order is committed to the disk: from then on it is never lost, and is processed.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      '1 to 255 visible characters; a second request with the same key and content gets the same order',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  })
  @ApiResponse({ status: 201, type: ReceiptDto, description: 'accepted', headers: { Location: LOCATION } })
  @ApiResponse({
    status: 200,
    type: ReceiptDto,
    description: 'a repeat: the order was accepted before, and this is its status now',
    headers: { Location: LOCATION, 'Idempotent-Replayed': REPLAYED },
  })
  @ApiProblems(400, 409, 413, 415, 422, 503)
  async create(
    @Body() body: CreateOrderDto,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReceiptDto> {
    return answer(await this.orders.accept(toOrderRequest(body, checkKey(key))), response);
  }

  @Post('batch')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Accept up to 1000 orders',
    description: 'Each is judged by itself; all are written together.',
  })
  @ApiResponse({ status: 200, type: BatchReportDto, description: 'what became of each' })
  @ApiProblems(400, 413, 415, 503)
  createBatch(@Body() body: BatchDto): Promise<BatchReportDto> {
    return this.batch.accept(body.orders);
  }

  @Post('retry')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Retry Failed orders in bulk',
    description: 'Oldest first, at the tail of the queue.',
  })
  @ApiResponse({ status: 200, type: RetriedDto, description: 'how many' })
  @ApiProblems(400, 413, 415, 503)
  async retryAll(@Body() body: RetryOrdersDto): Promise<RetriedDto> {
    const { retried, hasMore } = await this.orders.retryAll(...toRetryRequest(body));
    return { retried, has_more: hasMore };
  }

  @Get()
  @ApiOperation({ summary: 'List orders, newest first' })
  @ApiQueryOf(ListOrdersQuery)
  @ApiResponse({ status: 200, type: OrderPageDto, description: 'a page' })
  @ApiProblems(400, 503)
  async list(@Query() query: ListOrdersQuery): Promise<OrderPageDto> {
    return toOrderPageDto(await this.orders.list(...toListRequest(query)));
  }

  @Get(':id')
  @ApiOperation({ summary: 'The whole order' })
  @ApiParam({ name: 'id', example: 'order-1' })
  @ApiResponse({ status: 200, type: OrderDetailDto, description: 'the order' })
  @ApiProblems(400, 404, 503)
  async get(@Param('id', OrderIdPipe) id: string): Promise<OrderDetailDto> {
    return toOrderDetailDto(await this.orders.get(id));
  }

  @Get(':id/status')
  @ApiOperation({ summary: 'The status of an order' })
  @ApiParam({ name: 'id', example: 'order-1' })
  @ApiResponse({ status: 200, type: OrderStatusDto, description: 'the status' })
  @ApiProblems(400, 404, 503)
  async status(@Param('id', OrderIdPipe) id: string): Promise<OrderStatusDto> {
    return { order_id: id, status: await this.orders.status(id) };
  }

  @Get(':id/history')
  @ApiOperation({ summary: 'Every transition of an order, oldest first' })
  @ApiParam({ name: 'id', example: 'order-1' })
  @ApiResponse({ status: 200, type: [HistoryEntryDto], description: 'the transitions' })
  @ApiProblems(400, 404, 503)
  async history(@Param('id', OrderIdPipe) id: string): Promise<HistoryEntryDto[]> {
    return toHistoryDto(await this.orders.history(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel a Pending order' })
  @ApiParam({ name: 'id', example: 'order-1' })
  @ApiResponse({ status: 200, type: OrderDetailDto, description: 'the cancelled order' })
  @ApiProblems(400, 404, 409, 503)
  async cancel(@Param('id', OrderIdPipe) id: string): Promise<OrderDetailDto> {
    return toOrderDetailDto(await this.orders.cancel(id));
  }

  @Post(':id/retry')
  @HttpCode(200)
  @ApiOperation({ summary: 'Put a Failed order at the tail of the queue' })
  @ApiParam({ name: 'id', example: 'order-1' })
  @ApiResponse({ status: 200, type: OrderDetailDto, description: 'the order, Pending again' })
  @ApiProblems(400, 404, 409, 503)
  async retry(@Param('id', OrderIdPipe) id: string): Promise<OrderDetailDto> {
    return toOrderDetailDto(await this.orders.retry(id));
  }
}

/** 201, or 200 for a repeat; either way with the order's URL. */
function answer(receipt: Receipt, response: Response): ReceiptDto {
  if (receipt.replayed) response.status(200).setHeader('idempotent-replayed', 'true');
  response.setHeader('location', `/orders/${receipt.orderId}`);
  return toReceiptDto(receipt);
}

function checkKey(key: string | undefined): string | null {
  if (key === undefined) return null;
  if (!IDEMPOTENCY_KEY.test(key))
    throw new InvalidRequest([
      { field: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' },
    ]);
  return key;
}
