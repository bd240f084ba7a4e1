import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { Query } from '../../chaos/checker.js';
import { WebhookEndpoint } from '../../chaos/webhook.endpoint.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const ACCEPTED = { from: null, to: 'Pending', attempt: 0 };
const STARTED = { from: 'Pending', to: 'Processing', attempt: 1 };

describe('the endpoint of a campaign', () => {
  let endpoint: WebhookEndpoint;
  let api: Server;
  let url: string;

  beforeEach(async () => {
    endpoint = new WebhookEndpoint(() => 0.5);
    await endpoint.listen();
    api = createServer((request, response) => {
      request.on('data', (body: Buffer) => ({ url } = JSON.parse(body.toString()) as { url: string }));
      request.on('end', () => response.end(JSON.stringify({ webhooks: [], secret: SECRET })));
      request.resume();
    });
    api.listen(0, '127.0.0.1');
    await once(api, 'listening');
    await endpoint.register(`http://127.0.0.1:${(api.address() as AddressInfo).port}`); // a TCP server's address is this
  });
  afterEach(() => {
    endpoint.close();
    api.close();
    api.closeAllConnections();
  });

  async function tell(id: string, step: object, secret = SECRET): Promise<void> {
    const body = JSON.stringify({ data: { order_id: 'one', ...step } });
    const now = new Date();
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, now, body),
    };
    await fetch(url, { method: 'POST', headers, body });
  }

  /** The names of the checks that find something when the order was accepted and started. */
  async function found(): Promise<string[]> {
    const query: Query = async <Row>(sql: string) =>
      (sql.includes('order_history')
        ? [{ id: 'one', from_status: 'Pending', to_status: 'Processing', attempt: 1 }]
        : [{ id: 'one' }]) as Row[]; // what its two statements ask for
    return (await endpoint.check(query)).filter(({ count }) => count > 0).map(({ check }) => check);
  }

  it('finds nothing where all is told in its order, also more than once', async () => {
    await tell('1', ACCEPTED);
    await tell('1', ACCEPTED);
    await tell('2', STARTED);
    await tell('1', ACCEPTED);
    expect(await found()).toEqual([]);
    expect([endpoint.messages, endpoint.repeats]).toEqual([4, 2]);
  });

  it('finds what was not told, told too early, or never happened', async () => {
    await tell('2', STARTED);
    expect(await found()).toEqual(['transitions of which no webhook told']);
    await tell('1', ACCEPTED);
    expect(await found()).toEqual(['webhooks out of order']);
    await tell('3', { from: 'Processing', to: 'Completed', attempt: 1 });
    expect(await found()).toEqual(['webhooks of no transition', 'webhooks out of order']);
    expect(endpoint.knowsEndOf('one')).toBe(true);
  });

  it('finds another signature, and one transition under two ids', async () => {
    await tell('1', ACCEPTED);
    await tell('2', STARTED);
    await tell('2', STARTED, `whsec_${Buffer.alloc(32, 8).toString('base64')}`);
    expect(await found()).toEqual(['webhooks with an improper signature']);
    await tell('3', STARTED);
    expect(await found()).toEqual(['webhooks with an improper signature', 'one transition in two webhooks']);
  });
});
