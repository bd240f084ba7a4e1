import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { InvalidRequest } from '../http/problem.js';
import { noteOrder } from '../http/request.context.js';
import {
  ApiCancelOrder,
  ApiCreateOrder,
  ApiCreateOrderBatch,
  ApiGetOrder,
  ApiGetOrderHistory,
  ApiGetOrderStatus,
  ApiListOrders,
  ApiRetryOrder,
  ApiRetryOrders,
} from './docs/orders.docs.js';
import { BatchDto, BatchReportDto } from './dto/batch.dto.js';
import { CreateOrderDto, IDEMPOTENCY_KEY, toOrderRequest } from './dto/create-order.dto.js';
import { ListOrdersQuery, toListRequest } from './dto/list-orders.query.js';
import {
  HistoryEntryDto,
  OrderDetailDto,
  OrderPageDto,
  OrderStatusDto,
  toHistoryDto,
  toOrderDetailDto,
  toOrderPageDto,
} from './dto/order.dto.js';
import { ReceiptDto, toReceiptDto } from './dto/receipt.dto.js';
import { RetriedDto, RetryOrdersDto, toRetryRequest } from './dto/retry-orders.dto.js';
import type { Receipt } from '../domain/order.js';
import { OrderIdPipe } from './order.id.pipe.js';
import { OrdersBatch } from './orders.batch.js';
import { OrdersService } from './orders.service.js';

@ApiTags('orders')
@Controller(['orders', 'order'])
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly batch: OrdersBatch,
  ) {}

  @Post()
  @ApiCreateOrder()
  async create(
    @Body() body: CreateOrderDto,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReceiptDto> {
    return answer(await this.orders.accept(toOrderRequest(body, checkKey(key))), response);
  }

  @Post('batch')
  @HttpCode(200)
  @ApiCreateOrderBatch()
  createBatch(@Body() body: BatchDto): Promise<BatchReportDto> {
    return this.batch.accept(body.orders);
  }

  @Post('retry')
  @HttpCode(200)
  @ApiRetryOrders()
  async retryAll(@Body() body: RetryOrdersDto): Promise<RetriedDto> {
    const { retried, hasMore } = await this.orders.retryAll(...toRetryRequest(body));
    return { retried, has_more: hasMore };
  }

  @Get()
  @ApiListOrders()
  async list(@Query() query: ListOrdersQuery): Promise<OrderPageDto> {
    return toOrderPageDto(await this.orders.list(...toListRequest(query)));
  }

  @Get(':id')
  @ApiGetOrder()
  async get(@Param('id', OrderIdPipe) id: string): Promise<OrderDetailDto> {
    return toOrderDetailDto(await this.orders.get(id));
  }

  @Get(':id/status')
  @ApiGetOrderStatus()
  async status(@Param('id', OrderIdPipe) id: string): Promise<OrderStatusDto> {
    return { order_id: id, status: await this.orders.status(id) };
  }

  @Get(':id/history')
  @ApiGetOrderHistory()
  async history(@Param('id', OrderIdPipe) id: string): Promise<HistoryEntryDto[]> {
    return toHistoryDto(await this.orders.history(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiCancelOrder()
  async cancel(@Param('id', OrderIdPipe) id: string): Promise<OrderDetailDto> {
    return toOrderDetailDto(await this.orders.cancel(id));
  }

  @Post(':id/retry')
  @HttpCode(200)
  @ApiRetryOrder()
  async retry(@Param('id', OrderIdPipe) id: string): Promise<OrderDetailDto> {
    return toOrderDetailDto(await this.orders.retry(id));
  }
}

/** 201, or 200 for a repeat; either way with the order's URL. */
function answer(receipt: Receipt, response: Response): ReceiptDto {
  noteOrder(receipt.orderId);
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
