import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { RequireScope } from '../http/access/access.decorators.js';
import {
  ApiChangeWebhook,
  ApiCreateWebhook,
  ApiDeleteWebhook,
  ApiGetWebhook,
  ApiListDeliveries,
  ApiListWebhooks,
  ApiReplayDeliveries,
  ApiReplayDelivery,
  ApiRotateSecret,
} from './docs/webhooks.docs.js';
import { DeliveryDto, DeliveryPageDto, toDeliveryDto, toDeliveryPageDto } from './dto/delivery.dto.js';
import { ListDeliveriesQuery, toDeliveryRequest } from './dto/list-deliveries.query.js';
import { ReplayDto, ReplayedDto, toReplayRequest } from './dto/replay.dto.js';
import {
  ChangeWebhookDto,
  CreateWebhookDto,
  toWebhookChange,
  toWebhookContent,
} from './dto/webhook.request.js';
import {
  NewWebhookDto,
  SecretDto,
  WebhookDto,
  WebhookListDto,
  toNewWebhookDto,
  toWebhookDto,
} from './dto/webhook.dto.js';
import { DeliveryIdPipe, WebhookIdPipe } from './webhook.id.pipes.js';
import { WebhooksService } from './webhooks.service.js';

@ApiTags('webhooks')
@Controller('webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Post()
  @RequireScope('orders:admin')
  @ApiCreateWebhook()
  async create(
    @Body() body: CreateWebhookDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<NewWebhookDto> {
    const { webhook, secret } = await this.webhooks.create(toWebhookContent(body));
    response.setHeader('location', `/webhooks/${webhook.id}`);
    return toNewWebhookDto(webhook, secret);
  }

  @Get()
  @RequireScope('orders:admin')
  @ApiListWebhooks()
  async list(): Promise<WebhookListDto> {
    return { webhooks: (await this.webhooks.list()).map(toWebhookDto) };
  }

  @Get(':id')
  @RequireScope('orders:admin')
  @ApiGetWebhook()
  async get(@Param('id', WebhookIdPipe) id: string): Promise<WebhookDto> {
    return toWebhookDto(await this.webhooks.get(id));
  }

  @Patch(':id')
  @RequireScope('orders:admin')
  @ApiChangeWebhook()
  async change(@Param('id', WebhookIdPipe) id: string, @Body() body: ChangeWebhookDto): Promise<WebhookDto> {
    return toWebhookDto(await this.webhooks.change(id, toWebhookChange(body)));
  }

  @Delete(':id')
  @RequireScope('orders:admin')
  @HttpCode(204)
  @ApiDeleteWebhook()
  async delete(@Param('id', WebhookIdPipe) id: string): Promise<void> {
    await this.webhooks.delete(id);
  }

  @Post(':id/secret')
  @RequireScope('orders:admin')
  @HttpCode(200)
  @ApiRotateSecret()
  async rotateSecret(@Param('id', WebhookIdPipe) id: string): Promise<SecretDto> {
    return { secret: await this.webhooks.rotateSecret(id) };
  }

  @Get(':id/deliveries')
  @RequireScope('orders:admin')
  @ApiListDeliveries()
  async listDeliveries(
    @Param('id', WebhookIdPipe) id: string,
    @Query() query: ListDeliveriesQuery,
  ): Promise<DeliveryPageDto> {
    return toDeliveryPageDto(await this.webhooks.deliveries(id, toDeliveryRequest(query)));
  }

  @Post(':id/replay')
  @RequireScope('orders:admin')
  @HttpCode(200)
  @ApiReplayDeliveries()
  async replayFailed(@Param('id', WebhookIdPipe) id: string, @Body() body: ReplayDto): Promise<ReplayedDto> {
    const { replayed, hasMore } = await this.webhooks.replayFailed(id, toReplayRequest(body));
    return { replayed, has_more: hasMore };
  }

  @Post(':id/deliveries/:delivery/replay')
  @RequireScope('orders:admin')
  @HttpCode(200)
  @ApiReplayDelivery()
  async replay(
    @Param('id', WebhookIdPipe) id: string,
    @Param('delivery', DeliveryIdPipe) delivery: number,
  ): Promise<DeliveryDto> {
    return toDeliveryDto(await this.webhooks.replay(id, delivery));
  }
}
