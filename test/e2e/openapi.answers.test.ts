import { PermanentFailure } from '../../src/processing/order.handler.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until, untilStatus, type Answer } from '../support/client.js';
import { withKey } from '../support/keys.js';
import { operationsOf, validatorOf, type OpenApi } from '../support/openapi.js';
import { Gate, withWork } from '../support/work.js';

const METRICS_KEY = `om_aaaaaaaa_${'m'.repeat(43)}`;
const READ_KEY = `om_bbbbbbbb_${'r'.repeat(43)}`;

type Exchange = [route: string, status: number, ask: (url: string) => Promise<Answer>];

const send =
  (path: string, body?: unknown, headers?: Record<string, string>, method?: string) => (url: string) =>
    post(url + path, body, headers, method);
const read = (path: string, headers?: Record<string, string>) => (url: string) => get(url + path, headers);
const KEY = { 'idempotency-key': 'key' };
const TEXT = { 'content-type': 'text/plain' };

/** At least one of each kind of answer below 500 that the document promises; what it says of /orders is true of /order. */
const under = (prefix: string): Exchange[] => [
  [`post /orders`, 201, send(prefix, anOrder({ order_id: `new-${prefix.length}` }))],
  [`post /orders`, 200, send(prefix, anOrder({ order_id: 'completed' }))],
  [`post /orders`, 400, send(prefix, { total_amount: 'much' })],
  [`post /orders`, 409, send(prefix, anOrder({ order_id: 'completed', total_amount: 1 }))],
  [`post /orders`, 413, send(prefix, 'x'.repeat(1_048_577))],
  [`post /orders`, 415, send(prefix, 'x', TEXT)],
  [`post /orders`, 422, send(prefix, anOrder({ total_amount: 1 }), KEY)],
  [
    `post /orders/batch`,
    200,
    send(`${prefix}/batch`, { orders: [anOrder(), anOrder({ order_id: '/' }), null] }),
  ],
  [`post /orders/batch`, 400, send(`${prefix}/batch`, {})],
  [`post /orders/batch`, 413, send(`${prefix}/batch`, 'x'.repeat(4_194_305))],
  [`post /orders/batch`, 415, send(`${prefix}/batch`, 'x', TEXT)],
  [`get /orders`, 200, read(prefix)],
  [`get /orders`, 200, read(`${prefix}?limit=1`)],
  [`get /orders`, 400, read(`${prefix}?limit=0`)],
  ...['application/x-ndjson', 'text/csv'].map((accept): Exchange => {
    return [`get /orders/export`, 200, read(`${prefix}/export`, { accept })];
  }),
  [`get /orders/export`, 400, read(`${prefix}/export?format=xlsx`)],
  ...['completed', 'failed', 'pending', 'processing'].flatMap((id): Exchange[] => [
    [`get /orders/{id}`, 200, read(`${prefix}/${id}`)],
    [`get /orders/{id}/status`, 200, read(`${prefix}/${id}/status`)],
    [`get /orders/{id}/history`, 200, read(`${prefix}/${id}/history`)],
  ]),
  [`get /orders/{id}`, 404, read(`${prefix}/nobody`)],
  [`get /orders/{id}/status`, 404, read(`${prefix}/nobody/status`)],
  [`get /orders/{id}/history`, 404, read(`${prefix}/nobody/history`)],
  [`post /orders/{id}/cancel`, 200, send(`${prefix}/pending/cancel`, {})],
  [`post /orders/{id}/cancel`, 404, send(`${prefix}/nobody/cancel`, {})],
  [`post /orders/{id}/cancel`, 409, send(`${prefix}/completed/cancel`, {})],
  ...['', '/status', '/history'].map((more): Exchange => {
    return [`get /orders/{id}${more}`, 400, read(`${prefix}/%zz${more}`)];
  }),
  ...['/cancel', '/retry'].map((more): Exchange => {
    return [`post /orders/{id}${more}`, 400, send(`${prefix}/%zz${more}`, {})];
  }),
  [`post /orders/retry`, 200, send(`${prefix}/retry`, { user_id: 'nobody' })],
  [`post /orders/retry`, 400, send(`${prefix}/retry`, { limit: 0 })],
  [`post /orders/retry`, 413, send(`${prefix}/retry`, 'x'.repeat(1_048_577))],
  [`post /orders/retry`, 415, send(`${prefix}/retry`, 'x', TEXT)],
  [`post /orders/erase`, 200, send(`${prefix}/erase`, { user_id: 'nobody' })],
  [`post /orders/erase`, 400, send(`${prefix}/erase`, {})],
  [`post /orders/erase`, 413, send(`${prefix}/erase`, 'x'.repeat(1_048_577))],
  [`post /orders/erase`, 415, send(`${prefix}/erase`, 'x', TEXT)],
  [`post /orders/{id}/retry`, 200, send(`${prefix}/failed/retry`, {})],
  [`post /orders/{id}/retry`, 404, send(`${prefix}/nobody/retry`, {})],
  [`post /orders/{id}/retry`, 409, send(`${prefix}/completed/retry`, {})],
];

/** The beginning of an answer that never ends. */
const begin = (path: string) => async (url: string) => {
  const controller = new AbortController();
  const { status, headers, body } = await fetch(url + path, { signal: controller.signal });
  const chunk = await body?.getReader().read();
  controller.abort();
  return { status, headers, body: new TextDecoder().decode(chunk?.value) };
};

/** The same of a webhook that is registered, and `<delivery>` of a message for it. */
const ofWebhook = (method: string, more: string, body?: unknown, type?: string) => async (url: string) => {
  const { id } = (await get(`${url}/webhooks`)).body.webhooks[0];
  const [delivery] = more.includes('<delivery>')
    ? await until(
        async () => (await get(`${url}/webhooks/${id}/deliveries`)).body.deliveries as { id: string }[],
        ({ length }) => length > 0,
      )
    : [];
  const path = `/webhooks/${id}${more.replace('<delivery>', delivery?.id ?? '')}`;
  return send(path, body, type === undefined ? {} : { 'content-type': type }, method)(url);
};

const ENDPOINT = { url: 'http://127.0.0.1:9/' };
const LARGE = 'x'.repeat(1_048_577);
const WEBHOOKS: Exchange[] = [
  ['post /webhooks', 201, send('/webhooks', ENDPOINT)],
  ['post /webhooks', 400, send('/webhooks', { url: 'ftp://x' })],
  ['post /webhooks', 400, send('/webhooks', { url: 'https://user@x' })],
  ['post /webhooks', 413, send('/webhooks', LARGE)],
  ['post /webhooks', 415, send('/webhooks', 'x', TEXT)],
  ['post /webhooks', 409, send('/webhooks', ENDPOINT)],
  ['get /webhooks', 200, read('/webhooks')],
  ['post /orders', 201, send('/orders', anOrder({ order_id: 'told' }))],
  ['get /webhooks/{id}/deliveries', 200, ofWebhook('GET', '/deliveries')],
  ['get /webhooks/{id}/deliveries', 400, ofWebhook('GET', '/deliveries?state=x')],
  [
    'post /webhooks/{id}/deliveries/{delivery}/replay',
    200,
    ofWebhook('POST', '/deliveries/<delivery>/replay'),
  ],
  ['post /webhooks/{id}/deliveries/{delivery}/replay', 404, ofWebhook('POST', '/deliveries/0/replay')],
  ['post /webhooks/{id}/deliveries/{delivery}/replay', 400, ofWebhook('POST', '/deliveries/%zz/replay')],
  ['post /webhooks/{id}/replay', 200, ofWebhook('POST', '/replay', {})],
  ['post /webhooks/{id}/replay', 400, ofWebhook('POST', '/replay', { limit: 0 })],
  ['post /webhooks/{id}/replay', 413, ofWebhook('POST', '/replay', LARGE)],
  ['post /webhooks/{id}/replay', 415, ofWebhook('POST', '/replay', 'x', 'text/plain')],
  ['patch /webhooks/{id}', 200, ofWebhook('PATCH', '', { enabled: false })],
  ['patch /webhooks/{id}', 400, ofWebhook('PATCH', '', { enabled: 'no' })],
  ['patch /webhooks/{id}', 413, ofWebhook('PATCH', '', LARGE)],
  ['patch /webhooks/{id}', 415, ofWebhook('PATCH', '', 'x', 'text/plain')],
  ...[200, 200, 200, 200, 409].map((status): Exchange => {
    return ['post /webhooks/{id}/secret', status, ofWebhook('POST', '/secret')];
  }),
  ['get /webhooks/{id}', 200, ofWebhook('GET', '')],
  ['delete /webhooks/{id}', 204, ofWebhook('DELETE', '')],
  ...[
    { method: 'get', more: '' },
    { method: 'patch', more: '', body: {} },
    { method: 'delete', more: '' },
    { method: 'post', more: '/secret' },
    { method: 'get', more: '/deliveries' },
    { method: 'post', more: '/replay', body: {} },
  ].flatMap(({ method, more, body }): Exchange[] => {
    const ask = (id: string) => send(`/webhooks/${id}${more}`, body, {}, method.toUpperCase());
    const route = `${method} /webhooks/{id}${more}`;
    return [
      [route, 404, ask('nobody')],
      [route, 400, ask('%zz')],
    ];
  }),
];

const COMMON: Exchange[] = [
  ...WEBHOOKS,
  ['get /events', 200, begin('/events')],
  ['get /events', 400, read('/events', { 'last-event-id': 'x' })],
  ['get /metrics', 200, read('/metrics')],
  ['get /metrics/stream', 200, begin('/metrics/stream')],
  ['get /metrics/stream', 400, read('/metrics/stream', { 'last-event-id': 'x' })],
  ...['text/plain', 'application/openmetrics-text'].map((accept): Exchange => {
    return ['get /metrics/prometheus', 200, read('/metrics/prometheus', { accept })];
  }),
  ['get /health', 200, read('/health')],
  ['get /health/live', 200, read('/health/live')],
  ['get /health/ready', 200, read('/health/ready')],
];

describe.each(['/orders', '/order'])('the answers of the server, under %s', (prefix) => {
  const exchanges = [...under(prefix), ...COMMON];
  const gate = new Gate();
  let server: RunningApp;
  let document: OpenApi;

  /** One order in each status: the work on the first two is done, the third holds the only slot. */
  beforeAll(async () => {
    server = await startApp({
      config: { PROCESSOR_CONCURRENCY: 1, MAX_WEBHOOKS: 1, WEBHOOK_TARGETS: 'any' },
      ...withWork(async (order) => {
        if (order.orderId === 'failed') throw new PermanentFailure('refused', 'on purpose');
        if (order.orderId === 'processing') await gate.work(order);
      }),
    });
    document = (await get(`${server.url}/openapi.json`)).body;
    await post(`${server.url}/orders`, anOrder({ order_id: 'completed' }), KEY);
    await post(`${server.url}/orders`, anOrder({ order_id: 'failed' }));
    await untilStatus(server.url, 'failed', 'Failed');
    for (const order_id of ['processing', 'pending'])
      await post(`${server.url}/orders`, anOrder({ order_id }));
    await untilStatus(server.url, 'processing', 'Processing');
  });
  afterAll(async () => {
    gate.open();
    await server.close();
  });

  it.each(exchanges)('are as documented: %s: %i', async (route, status, ask) => {
    const answer = await ask(server.url);
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
    check(route, answer);
  });

  it('are as documented: 401 and 403, when there is a key', async () => {
    const closed = await startApp({
      config: { API_KEYS: `metrics:read@${METRICS_KEY},orders:read@${READ_KEY}` },
    });
    for (const [method, path, { 'x-required-scope': scope }] of operationsOf(document)) {
      if (!scope) continue;
      const other = scope === 'metrics:read' ? READ_KEY : METRICS_KEY;
      const ask = (headers?: Record<string, string>) =>
        fetch(closed.url + path.replace(/^\/orders/, prefix).replaceAll(/\{\w+\}/g, 'x'), {
          method: method.toUpperCase(),
          ...(headers && { headers }),
        });
      for (const [status, response] of [
        [401, await ask()],
        [403, await ask(withKey(other))],
      ] as const) {
        expect([method, path, response.status]).toEqual([method, path, status]);
        check(`${method} ${path}`, { status, headers: response.headers, body: await response.json() });
      }
    }
    await closed.close();
  });

  const check = (route: string, answer: Answer) => {
    const { status } = answer;
    const operation = operationsOf(document).find(([method, path]) => `${method} ${path}` === route)?.[2];
    const documented = operation?.responses[status];
    const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
    if (documented && !documented.content) return expect(answer.body).toBe('');
    const schema = documented?.content?.[type]?.schema;
    if (!schema) throw new Error(`${route} ${status} ${type} is not documented`);
    const validate = validatorOf(document)(schema);
    validate(answer.body);
    expect(validate.errors).toBeNull();
    for (const name of Object.keys(documented.headers ?? {}))
      expect([name, answer.headers.has(name)]).toEqual([name, true]);
  };

  it('are all documented, and all that is documented below 500 is answered', () => {
    const documented = operationsOf(document).flatMap(([method, path, { responses }]) =>
      Object.keys(responses)
        .filter((status) => Number(status) < 500)
        .map((status) => `${method} ${path} ${status}`),
    );
    const closed = operationsOf(document)
      .filter(([, , { security }]) => security)
      .flatMap(([method, path]) => [`${method} ${path} 401`, `${method} ${path} 403`]);
    const answered = [...exchanges.map(([route, status]) => `${route} ${status}`), ...closed];
    expect(new Set(answered)).toEqual(new Set(documented));
  });
});
