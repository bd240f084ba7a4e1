/** Examples of the OpenAPI document. */

export const ID = '0197a1c2-7f3e-4d1b-9a55-2f6c1f0a8f10';
const AT = '2026-01-31T12:00:00.000Z';
const URL = 'https://shop.example/webhooks';

export const WEBHOOK = {
  id: ID,
  url: URL,
  statuses: ['Completed', 'Failed'],
  enabled: true,
  disabled_reason: null,
  disabled_at: null,
  failing_since: null,
  created_at: AT,
  updated_at: AT,
};

export const NEW_WEBHOOK = { ...WEBHOOK, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwk3jNPvBMlJ0=' };

export const WEBHOOKS = { webhooks: [WEBHOOK] };

export const NEW_WEBHOOKS = {
  some: { summary: 'for some statuses', value: { url: URL, statuses: ['Completed', 'Failed'] } },
  all: { summary: 'for every transition', value: { url: URL } },
};

export const CHANGES = {
  url: { summary: 'another URL', value: { url: 'https://shop.example/v2/webhooks' } },
  enable: { summary: 'deliver again', value: { enabled: true } },
};

export const REPLAYS = {
  all: { summary: 'all that have failed, up to 100', value: {} },
  since: { summary: 'since an instant', value: { failed_from: AT, limit: 1000 } },
};

/** The body that an endpoint is sent. */
export const MESSAGE = {
  type: 'order.completed',
  timestamp: AT,
  data: {
    order_id: 'order-1',
    user_id: 'user-1',
    from: 'Processing',
    to: 'Completed',
    attempt: 1,
    at: AT,
  },
};

export const DELIVERY = {
  id: '17',
  message_id: 'msg_5f0c8e1d7b6a4c3e9d2b1a0f8e7d6c5b',
  state: 'pending',
  attempts: 1,
  next_attempt_at: '2026-01-31T12:00:04.210Z',
  attempted_at: AT,
  duration_ms: 38,
  response_status: 503,
  error: 'the answer is 503',
  created_at: AT,
  message: MESSAGE,
};

export const DELIVERIES = { deliveries: [DELIVERY], next_cursor: null };

export const NOT_FOUND = { detail: `There is no webhook ${ID}.`, instance: `/webhooks/${ID}` };
export const REFUSED_TARGET = { detail: 'The URL leads to an address that is not public.' };
export const TOO_MANY = {
  detail: 'There are 100 webhooks already, and no more are allowed; delete one first.',
};
export const TOO_MANY_SECRETS = {
  detail: '5 secrets of this webhook are in use; wait until one of them has expired.',
};
