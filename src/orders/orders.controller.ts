import {
  Body,
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { RequireScope } from '../http/access/access.decorators.js';
import { InvalidRequest } from '../http/problem.js';
import { noteOrder } from '../http/request.context.js';
import {
  ApiCancelOrder,
  ApiCreateOrder,
  ApiCreateOrderBatch,
  ApiEraseOrders,
  ApiExportOrders,
  ApiGetOrder,
  ApiGetOrderHistory,
  ApiGetOrderStatus,
  ApiListOrders,
  ApiRetryOrder,
  ApiRetryOrders,
} from './docs/orders.docs.js';
import { BatchDto, BatchReportDto } from './dto/batch.dto.js';
import { CreateOrderDto, IDEMPOTENCY_KEY, toOrderRequest } from './dto/create-order.dto.js';
import { EraseOrdersDto, ErasedDto, toErasedDto, toEraseRequest } from './dto/erase-orders.dto.js';
import { ExportOrdersQuery } from './dto/export-orders.query.js';
import { ListOrdersQuery, toFilter, toListRequest } from './dto/list-orders.query.js';
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
import { OrderErasure } from './erasure/order.erasure.js';
import { exportFormat } from './export/export.format.js';
import { ExportResponse } from './export/export.response.js';
import { OrderExports } from './export/order.exports.js';
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
    private readonly exports: OrderExports,
    private readonly erasure: OrderErasure,
  ) {}

  @Post()
  @RequireScope('orders:write')
  @ApiCreateOrder()
  async create(
    @Body() body: CreateOrderDto,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReceiptDto> {
    return answer(await this.orders.accept(toOrderRequest(body, checkKey(key))), response);
  }

  @Post('batch')
  @RequireScope('orders:write')
  @HttpCode(200)
  @ApiCreateOrderBatch()
  createBatch(@Body() body: BatchDto): Promise<BatchReportDto> {
    return this.batch.accept(body.orders);
  }

  @Post('retry')
  @RequireScope('orders:admin')
  @HttpCode(200)
  @ApiRetryOrders()
  async retryAll(@Body() body: RetryOrdersDto): Promise<RetriedDto> {
    const { retried, hasMore } = await this.orders.retryAll(...toRetryRequest(body));
    return { retried, has_more: hasMore };
  }

  @Post('erase')
  @HttpCode(200)
  @RequireScope('orders:admin')
  @ApiEraseOrders()
  async erase(@Body() body: EraseOrdersDto): Promise<ErasedDto> {
    return toErasedDto(await this.erasure.erase(...toEraseRequest(body)));
  }

  @Get()
  @RequireScope('orders:read')
  @ApiListOrders()
  async list(@Query() query: ListOrdersQuery): Promise<OrderPageDto> {
    return toOrderPageDto(await this.orders.list(...toListRequest(query)));
  }

  /** Before `:id`: an order of this id is read at `/orders/%65xport`. */
  @Get('export')
  @RequireScope('orders:read')
  @Header('vary', 'Accept')
  @ApiExportOrders()
  async export(
    @Query() query: ExportOrdersQuery,
    @Req() { method, headers }: Request,
    @Res() response: Response,
  ): Promise<void> {
    const format = exportFormat(query.format, headers.accept);
    if (method === 'HEAD') response.type(format.contentType).end();
    else await this.exports.send(new ExportResponse(response, format), toFilter(query));
  }

  @Get(':id')
  @RequireScope('orders:read')
  @ApiGetOrder()
  async get(@Param('id', OrderIdPipe) id: string): Promise<OrderDetailDto> {
    return toOrderDetailDto(await this.orders.get(id));
  }

  @Get(':id/status')
  @RequireScope('orders:read')
  @ApiGetOrderStatus()
  async status(@Param('id', OrderIdPipe) id: string): Promise<OrderStatusDto> {
    return { order_id: id, status: await this.orders.status(id) };
  }

  @Get(':id/history')
  @RequireScope('orders:read')
  @ApiGetOrderHistory()
  async history(@Param('id', OrderIdPipe) id: string): Promise<HistoryEntryDto[]> {
    return toHistoryDto(await this.orders.history(id));
  }

  @Post(':id/cancel')
  @RequireScope('orders:admin')
  @HttpCode(200)
  @ApiCancelOrder()
  async cancel(@Param('id', OrderIdPipe) id: string): Promise<OrderDetailDto> {
    return toOrderDetailDto(await this.orders.cancel(id));
  }

  @Post(':id/retry')
  @RequireScope('orders:admin')
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
  response.setHeader('location', `/orders/${receipt.orderId === 'export' ? '%65xport' : receipt.orderId}`);
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
