import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { WebhookMessageDto } from '../dto/webhook-message.dto.js';
import { MESSAGE } from './webhooks.examples.js';

const header = (name: string, description: string, example: string) => ({
  name,
  in: 'header' as const,
  required: true,
  description,
  schema: { type: 'string' as const },
  example,
});

/** The OpenAPI document's `webhooks`: what this server sends, and what it makes of the answers. */
export const WEBHOOK_MESSAGES: NonNullable<OpenAPIObject['webhooks']> = {
  order: {
    post: {
      operationId: 'onOrderTransition',
      tags: ['webhooks'],
      summary: 'An order has come to a status',
      description:
        'Sent to each endpoint that wants the status, at least once: a receiver that must not act twice remembers `webhook-id`. Signed as Standard Webhooks 1.0 says: `webhook-signature` has `v1,` and the base64 of the HMAC-SHA256 of `webhook-id.webhook-timestamp.body` for each secret in use, with blanks in between.',
      parameters: [
        header('webhook-id', 'the same for every repeat', 'msg_5f0c8e1d7b6a4c3e9d2b1a0f8e7d6c5b'),
        header('webhook-timestamp', 'when this attempt was made, in seconds since 1970', '1769860800'),
        header(
          'webhook-signature',
          'one signature or, while secrets are rotated, several',
          'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
        ),
      ],
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { $ref: getSchemaPath(WebhookMessageDto) }, example: MESSAGE },
        },
      },
      responses: {
        '2XX': { description: 'delivered' },
        '410': { description: 'the endpoint is disabled' },
        default: { description: 'tried again, not before `Retry-After`; redirects are not followed' },
      },
    },
  },
};
