import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiParam, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ApiProblems, ApiQueryOf, ApiRoute } from '../../http/openapi/api.decorators.js';
import { DeliveryDto, DeliveryPageDto } from '../dto/delivery.dto.js';
import { ListDeliveriesQuery } from '../dto/list-deliveries.query.js';
import { ReplayDto, ReplayedDto } from '../dto/replay.dto.js';
import { NewWebhookDto, SecretDto, WebhookDto, WebhookListDto } from '../dto/webhook.dto.js';
import { ChangeWebhookDto, CreateWebhookDto } from '../dto/webhook.request.js';
import * as examples from './webhooks.examples.js';

const WEBHOOK_ID = { name: 'id', description: 'the `id` of the webhook', example: examples.ID } as const;
const DELIVERY_ID = {
  name: 'delivery',
  description: 'the `id` of the delivery',
  schema: { type: 'string' },
  example: '17',
} as const;

type Examples = Record<string, { summary: string; value: unknown }>;

const json = (dto: new () => object, named: Examples) =>
  ApiBody({ required: true, schema: { $ref: getSchemaPath(dto) }, examples: named });

/** Of a route with `/webhooks/{id}`. */
const OF_WEBHOOK = { 404: examples.NOT_FOUND };

/** `POST /webhooks` */
export const ApiCreateWebhook = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'createWebhook',
      'Register an endpoint',
      'From now on it is posted a signed message about every transition to one of its statuses, at least once, those of one order in their order. The secret that signs is in this answer and in no other.',
    ),
    json(CreateWebhookDto, examples.NEW_WEBHOOKS),
    ApiResponse({
      status: 201,
      type: NewWebhookDto,
      description: 'registered',
      headers: { Location: { description: 'the URL of the webhook', schema: { type: 'string' } } },
      example: examples.NEW_WEBHOOK,
    }),
    ApiProblems([400, 409, 413, 415, 503], { 400: examples.REFUSED_TARGET, 409: examples.TOO_MANY }),
  );

/** `GET /webhooks` */
export const ApiListWebhooks = (): MethodDecorator =>
  applyDecorators(
    ApiRoute('listWebhooks', 'All endpoints', 'In the order in which they were registered.'),
    ApiResponse({
      status: 200,
      type: WebhookListDto,
      description: 'the webhooks',
      example: examples.WEBHOOKS,
    }),
    ApiProblems([503]),
  );

/** `GET /webhooks/{id}` */
export const ApiGetWebhook = (): MethodDecorator =>
  applyDecorators(
    ApiRoute('getWebhook', 'One endpoint', 'Also whether it is failing or disabled, since when, and why.'),
    ApiParam(WEBHOOK_ID),
    ApiResponse({ status: 200, type: WebhookDto, description: 'the webhook', example: examples.WEBHOOK }),
    ApiProblems([400, 404, 503], OF_WEBHOOK),
  );

/** `PATCH /webhooks/{id}` */
export const ApiChangeWebhook = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'changeWebhook',
      'Change an endpoint',
      'What is not given stays. A new URL is used for all that is not delivered yet, new statuses for transitions from now on. `enabled: true` makes due at once what waits, and goes on where a disabled endpoint was left.',
    ),
    ApiParam(WEBHOOK_ID),
    json(ChangeWebhookDto, examples.CHANGES),
    ApiResponse({ status: 200, type: WebhookDto, description: 'the webhook now', example: examples.WEBHOOK }),
    ApiProblems([400, 404, 413, 415, 503], { ...OF_WEBHOOK, 400: examples.REFUSED_TARGET }),
  );

/** `DELETE /webhooks/{id}` */
export const ApiDeleteWebhook = (): MethodDecorator =>
  applyDecorators(
    ApiRoute('deleteWebhook', 'Remove an endpoint', 'With all that is not delivered yet, and with its log.'),
    ApiParam(WEBHOOK_ID),
    ApiResponse({ status: 204, description: 'it is gone' }),
    ApiProblems([400, 404, 503], OF_WEBHOOK),
  );

/** `POST /webhooks/{id}/secret` */
export const ApiRotateSecret = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'rotateWebhookSecret',
      'Make a new secret',
      'For a day messages have a signature by the new one and by each older one, so that the receiver can be changed meanwhile. No body is needed.',
    ),
    ApiParam(WEBHOOK_ID),
    ApiResponse({ status: 200, type: SecretDto, description: 'the new secret' }),
    ApiProblems([400, 404, 409, 503], { ...OF_WEBHOOK, 409: examples.TOO_MANY_SECRETS }),
  );

/** `GET /webhooks/{id}/deliveries` */
export const ApiListDeliveries = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'listWebhookDeliveries',
      'The log of deliveries, newest first',
      'Those that are `pending`, and of those that are `delivered` or `failed` the latest, for some days.',
    ),
    ApiParam(WEBHOOK_ID),
    ApiQueryOf(ListDeliveriesQuery),
    ApiResponse({ status: 200, type: DeliveryPageDto, description: 'a page', example: examples.DELIVERIES }),
    ApiProblems([400, 404, 503], OF_WEBHOOK),
  );

/** `POST /webhooks/{id}/replay` */
export const ApiReplayDeliveries = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'replayWebhookDeliveries',
      'Send failed messages again',
      'The oldest first, with the same `webhook-id`; without `limit` 100 of them.',
    ),
    ApiParam(WEBHOOK_ID),
    json(ReplayDto, examples.REPLAYS),
    ApiResponse({ status: 200, type: ReplayedDto, description: 'how many' }),
    ApiProblems([400, 404, 413, 415, 503], OF_WEBHOOK),
  );

/** `POST /webhooks/{id}/deliveries/{delivery}/replay` */
export const ApiReplayDelivery = (): MethodDecorator =>
  applyDecorators(
    ApiRoute(
      'replayWebhookDelivery',
      'Send one message again',
      'Whatever became of it, with the same `webhook-id`; now, or when no other message of its order is under way. No body is needed.',
    ),
    ApiParam(WEBHOOK_ID),
    ApiParam(DELIVERY_ID),
    ApiResponse({ status: 200, type: DeliveryDto, description: 'pending again', example: examples.DELIVERY }),
    ApiProblems([400, 404, 503], OF_WEBHOOK),
  );
