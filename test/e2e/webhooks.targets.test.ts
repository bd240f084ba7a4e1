import type { LookupAddress } from 'node:dns';
import { Resolver } from '../../src/webhooks/delivery/resolver.js';
import { isPublic } from '../../src/webhooks/delivery/target.guard.js';
import { startApp, type RunningApp } from '../support/app.js';
import { temporaryDatabase } from '../support/app.js';
import { anOrder, get, post, until, type Answer } from '../support/client.js';
import { answer, WebhookReceiver } from '../support/webhook.receiver.js';

const NOT_PUBLIC = 'The URL leads to an address that is not public.';
const PUBLIC: LookupAddress = { address: '8.8.8.8', family: 4 };
const LOOPBACK: LookupAddress = { address: '127.0.0.1', family: 4 };

/** Of every range with a purpose of its own, the first or the best known; and each again inside of an IPv6 address. */
const REFUSED = [
  '127.0.0.1',
  '127.255.255.255',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.170',
  '198.18.0.1',
  '203.0.113.7',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:0:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::7f00:1',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
  '2001:db8::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '4000::1',
];

describe('where webhooks may lead', () => {
  let server: RunningApp;
  let receiver: WebhookReceiver;
  let target: string;
  let database: ReturnType<typeof temporaryDatabase>;
  let lookups: string[];
  let addresses: (lookup: number) => LookupAddress[];

  const start = async (config: Record<string, string | number> = {}) => {
    const resolver: Pick<Resolver, 'resolve'> = {
      resolve: async (host) => {
        const found = addresses(lookups.push(host));
        if (found.length === 0) throw new Error('DNS has none');
        return found;
      },
    };
    server = await startApp({
      config: { DATABASE_URL: database.url, WEBHOOK_BACKOFF_MS: 10, WEBHOOK_BACKOFF_MAX_MS: 20, ...config },
      override: (builder) => builder.overrideProvider(Resolver).useValue(resolver),
    });
  };
  const register = (url: string) => post(`${server.url}/webhooks`, { url, statuses: ['Pending'] });
  const untilAttempted = async (id: string): Promise<Answer['body']> => {
    const [first] = await until(
      async (): Promise<Answer['body']> =>
        (await get(`${server.url}/webhooks/${id}/deliveries`)).body.deliveries,
      ([delivery]) => delivery?.attempts > 1 || delivery?.state === 'delivered',
    );
    return first;
  };

  beforeEach(async () => {
    lookups = [];
    addresses = () => [PUBLIC];
    database = temporaryDatabase();
    receiver = new WebhookReceiver();
    target = await receiver.open();
  });
  afterEach(async () => {
    await server.close();
    await receiver.close();
    database.remove();
  });

  it('is to no address that is not public, however it is written', async () => {
    await start();
    const written = REFUSED.map((address) => (address.includes(':') ? `[${address}]` : address));
    const others = ['127.1', '2130706433', '0x7f.0.0.1', '0177.0.0.1', '127.0.0.1.', '①②⑦.0.0.1'].filter(
      (host) => /^[!-~]+$/.test(host),
    );
    for (const host of [...written, ...others]) {
      const { status, body } = await register(`https://${host}/hook`);
      expect([host, status, body.detail]).toEqual([host, 400, NOT_PUBLIC]);
    }
    expect(lookups).toEqual([]);
    expect((await get(`${server.url}/webhooks`)).body.webhooks).toEqual([]);
    for (const address of REFUSED) expect([address, isPublic(address)]).toEqual([address, false]);
    for (const address of ['8.8.8.8', '100.63.255.255', '100.128.0.0', '172.32.0.0', '2001:4860:4860::8888'])
      expect([address, isPublic(address)]).toEqual([address, true]);
  });

  it.each([
    ['http://shop.example/', 'The URL must begin with https://.'],
    ['https://user@shop.example/', 'The URL must have no user and password.'],
    ['https://user:secret@shop.example/', 'The URL must have no user and password.'],
    ['https://:443/', 'The URL is not valid.'],
    ['https://', undefined],
    ['https://a b.example/', undefined],
    ['ftp://shop.example/', undefined],
    [`https://shop.example/?${'x'.repeat(2048)}`, undefined],
  ])('is not %s', async (url, detail) => {
    await start();
    const { status, body } = await register(url);
    expect(status).toBe(400);
    if (detail) expect(body.detail).toBe(detail);
    else expect(body.errors).toEqual([{ field: 'url', message: expect.stringMatching(/^must be a URL/) }]);
  });

  it('is to a name with public addresses only; one that DNS does not know may come to be known', async () => {
    await start();
    addresses = () => [PUBLIC, LOOPBACK];
    expect(await register('https://mixed.example/')).toMatchObject({
      status: 400,
      body: { detail: NOT_PUBLIC },
    });
    addresses = () => [PUBLIC];
    const { status, body } = await register('https://good.example/');
    expect(status).toBe(201);
    addresses = () => [];
    expect((await register('https://unknown.example/')).status).toBe(201);
    addresses = () => [LOOPBACK];
    const bad = { url: 'https://bad.example/' };
    const changed = await post(`${server.url}/webhooks/${body.id}`, bad, {}, 'PATCH');
    expect(changed.status).toBe(400);
  });

  it('is judged again at each attempt: a name that leads elsewhere later is not connected to', async () => {
    await start();
    const { port } = new URL(target);
    addresses = (lookup) => [lookup === 1 ? PUBLIC : LOOPBACK];
    const { body } = await register(`https://rebinding.example:${port}/`);
    await post(`${server.url}/orders`, anOrder());
    expect(await untilAttempted(body.id)).toMatchObject({ error: NOT_PUBLIC, response_status: null });
    expect(receiver.connections).toBe(0);
  });

  it('is judged again also where the URL has an address, after the configuration has changed', async () => {
    await start({ WEBHOOK_TARGETS: 'any' });
    const { body } = await register(target.replace('http:', 'https:'));
    await server.close();
    await start();
    await post(`${server.url}/orders`, anOrder());
    expect(await untilAttempted(body.id)).toMatchObject({ error: NOT_PUBLIC, response_status: null });
    expect(receiver.connections).toBe(0);
  });

  it('is the very address that was judged, looked up once for a connection', async () => {
    await start({ WEBHOOK_TARGETS: 'any' });
    const { port } = new URL(target);
    addresses = (lookup) => [lookup === 1 ? LOOPBACK : { address: '127.0.0.99', family: 4 }];
    receiver.reply = answer(200, { connection: 'close' });
    const { body } = await register(`http://pinned.example:${port}/`);
    await post(`${server.url}/orders`, anOrder());
    expect(await untilAttempted(body.id)).toMatchObject({ state: 'delivered' });
    expect(receiver.received[0]?.headers['host']).toBe(`pinned.example:${port}`);
    expect([lookups, receiver.connections]).toEqual([['pinned.example'], 1]);
  });
});
