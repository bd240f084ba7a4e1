import { createHmac } from 'node:crypto';

/** What stands before the base64 of a secret. */
export const SECRET_PREFIX = 'whsec_';

/**
 * The headers that sign a message, with one signature for each secret.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @param secrets each `whsec_` and base64
 * @param now in milliseconds since 1970
 */
export function signatureHeaders(
  secrets: string[],
  id: string,
  body: string,
  now: number,
): Record<string, string> {
  const timestamp = Math.floor(now / 1000);
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
