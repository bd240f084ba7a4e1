import { Webhook } from 'standardwebhooks';
import { Clock } from '../../src/common/clock.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until } from '../support/client.js';
import { answer, WebhookReceiver, type ReceivedMessage } from '../support/webhook.receiver.js';

const DAY_MS = 86_400_000;

/** A clock whose time of day is set. */
class SetClock extends Clock {
  aheadMs = 0;

  override now(): number {
    return super.now() + this.aheadMs;
  }
}

describe('webhooks when the clock is set', () => {
  let clock: SetClock;
  let server: RunningApp;
  let receiver: WebhookReceiver;
  let id: string;
  let secret: string;

  beforeEach(async () => {
    clock = new SetClock();
    receiver = new WebhookReceiver();
    const url = await receiver.open();
    server = await startApp({
      config: { WEBHOOK_TARGETS: 'any', WEBHOOK_BACKOFF_MS: 3_600_000, WEBHOOK_BACKOFF_MAX_MS: 3_600_000 },
      override: (builder) => builder.overrideProvider(Clock).useValue(clock),
    });
    ({ id, secret } = (await post(`${server.url}/webhooks`, { url, statuses: ['Pending'] })).body);
  });
  afterEach(async () => {
    await server.close();
    await receiver.close();
  });

  const next = async (): Promise<ReceivedMessage | undefined> => {
    const count = receiver.received.length;
    await post(`${server.url}/orders`, anOrder());
    return (await receiver.atLeast(count + 1)).at(-1);
  };

  it('are signed by an old secret for a day after a newer one was made, and not longer', async () => {
    const { secret: newer } = (await post(`${server.url}/webhooks/${id}/secret`)).body;
    const signersOf = (message: ReceivedMessage | undefined) => {
      const { headers = {}, body = '' } = message ?? {};
      const at = new Date(Number(headers['webhook-timestamp']) * 1000);
      return [newer, secret]
        .filter((each: string) => {
          const signature = new Webhook(each).sign(headers['webhook-id'] ?? '', at, body);
          return headers['webhook-signature']?.split(' ').includes(signature);
        })
        .concat(`${headers['webhook-signature']?.split(' ').length} signatures`);
    };
    expect(signersOf(await next())).toEqual([newer, secret, '2 signatures']);
    clock.aheadMs = DAY_MS - 60_000;
    expect(signersOf(await next())).toEqual([newer, secret, '2 signatures']);
    clock.aheadMs = DAY_MS + 1000;
    expect(signersOf(await next())).toEqual([newer, '1 signatures']);
  });

  it('are not held up for as long as it was set back', async () => {
    receiver.reply = answer(500);
    await next();
    await until(
      async () => (await get(`${server.url}/webhooks/${id}/deliveries`)).body.deliveries[0],
      (delivery) => delivery?.attempts === 1,
    );
    receiver.reply = answer(200);
    clock.aheadMs = -DAY_MS;
    await receiver.atLeast(2);
  });
});
