import { PLACES } from '../support/any.database.js';
import { temporaryDatabase } from '../support/app.js';
import { anOrder, get, post, until, untilStatus } from '../support/client.js';
import { withEvidence } from '../support/evidence.js';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp.receiver.js';
import { Receiver } from '../support/receiver.js';
import { ServerProcess, startInVain } from '../support/server.js';
import { WebhookReceiver } from '../support/webhook.receiver.js';

const [SERVER, CLIENT, CONSUMER] = [2, 3, 5];

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;

let collector: OtlpReceiver;
let processor: Receiver;
let webhook: WebhookReceiver;
let servers: ServerProcess[];
let environment: Record<string, string | number>;
let hook: string;
beforeEach(async () => {
  collector = new OtlpReceiver();
  processor = new Receiver();
  webhook = new WebhookReceiver();
  servers = [];
  environment = {
    PROCESSOR: 'http',
    PROCESSOR_URL: await processor.open(),
    OTEL_EXPORTER_OTLP_ENDPOINT: await collector.open(),
    OTEL_BSP_SCHEDULE_DELAY: 50,
    OTEL_SERVICE_NAME: 'shop',
    WEBHOOK_TARGETS: 'any',
    LOG_LEVEL: 'debug',
  };
  hook = await webhook.open();
});
afterEach(async () => {
  for (const server of servers) await server.kill();
  await Promise.all([collector.close(), processor.close(), webhook.close()]);
});

async function start(more: Record<string, string | number>): Promise<ServerProcess> {
  const server = await ServerProcess.start({ ...environment, ...more });
  servers.push(server);
  return server;
}

const find = (is: (span: ReceivedSpan) => boolean) =>
  until(
    async () => collector.spans.find(is) as ReceivedSpan, // `until` has found it
    Boolean,
  );
const posted = () => find(({ name, kind }) => kind === SERVER && name === 'POST /orders');

describe.each([PLACES.postgres, PLACES.mysql])('a trace on $name', (place) => {
  (place.isThere ? it : it.skip)(
    'goes on in the process that processes the order, and in what that calls',
    async () => {
      const { url: DATABASE_URL, remove } = await place.create();
      const api = await start({ DATABASE_URL, ROLE: 'api' });
      await start({ DATABASE_URL, ROLE: 'worker', LEASE_MS: 500 });
      await post(`${api.url}/webhooks`, { url: hook, statuses: ['Completed'] });
      await post(`${api.url}/orders`, anOrder({ order_id: 'order-1', user_id: 'a-user' }), {
        traceparent: TRACEPARENT,
        tracestate: 'vendor=value',
        'x-request-id': 'this',
      });
      await until(async () => webhook.received.length > 0);
      const server = await posted();
      expect(server).toMatchObject({ traceId: TRACE, parentId: PARENT, traceState: 'vendor=value' });
      expect(server).toMatchObject({ service: 'shop', isError: false });
      expect(server.attributes).toEqual({
        'http.request.method': 'POST',
        'http.route': '/orders',
        'http.response.status_code': 201,
        'ordermill.order.id': 'order-1',
        'url.scheme': 'http',
      });
      const attempt = await find(({ kind }) => kind === CONSUMER);
      expect(attempt).toMatchObject({ name: 'process orders', traceId: TRACE, parentId: server.spanId });
      expect(attempt.attributes).toMatchObject({ 'messaging.message.id': 'order-1', 'ordermill.attempt': 1 });
      const call = await find(({ kind, parentId }) => kind === CLIENT && parentId === attempt.spanId);
      expect(call).toMatchObject({
        name: 'POST',
        traceId: TRACE,
        attributes: { 'http.response.status_code': 200 },
      });
      expect(processor.received[0]?.headers).toMatchObject({
        traceparent: `00-${TRACE}-${call.spanId}-01`,
        tracestate: 'vendor=value',
      });
      const delivery = await find(({ kind, parentId }) => kind === CLIENT && parentId === server.spanId);
      expect(webhook.received[0]?.headers['traceparent']).toBe(`00-${TRACE}-${delivery.spanId}-01`);
      const line = api.log.map((text) => JSON.parse(text)).find(({ method }) => method === 'POST');
      expect(api.log.some((text) => text.includes('"request_id":"this"') && text.includes(TRACE))).toBe(true);
      expect(line.trace_id).toMatch(/^[\da-f]{32}$/);
      expect(Buffer.concat(collector.bodies).includes('a-user')).toBe(false);
      for (const server of servers) expect(await server.stop()).toBe(0);
      await remove();
    },
    60_000,
  );
});

describe('a trace', () => {
  const database = temporaryDatabase();
  const DATABASE_URL = database.url;
  afterAll(() => database.remove());

  it('goes on after a kill -9: in the attempt of the next process', async () => {
    processor.reply = () => undefined; // the first attempt never ends
    const first = await start({ DATABASE_URL });
    await post(`${first.url}/orders`, anOrder({ order_id: 'killed' }), { traceparent: TRACEPARENT });
    await until(async () => processor.received.length > 0);
    const server = await posted();
    await first.kill();
    processor.reply = (response) => void response.end();
    const second = await start({ DATABASE_URL });
    await untilStatus(second.url, 'killed', 'Completed');
    const attempt = await find(
      ({ kind, attributes }) => kind === CONSUMER && attributes['ordermill.attempt'] === 2,
    );
    expect(attempt).toMatchObject({ traceId: TRACE, parentId: server.spanId, isError: false });
    expect(await second.stop()).toBe(0);
  });

  it.each([
    ['no trace', '', ''],
    ['of a wrong form', `00-${'0'.repeat(32)}-${PARENT}-01`, ''],
    ['too long', `${TRACEPARENT}-${'x'.repeat(5000)}`, ''],
    ['of a later version', `cc-${TRACE}-${PARENT}-01-${'x'.repeat(5000)}`, ''],
    ['text', '\u00ff<script>', 'a=b'],
    ['a state that is too long', TRACEPARENT, `v=${'x'.repeat(511)}`],
    ['a state of many parts', TRACEPARENT, Array.from({ length: 200 }, (_, index) => `k${index}=1`).join()],
    ['a state that is none', TRACEPARENT, ',,,==;\u0080'],
  ])('of a hostile client (%s) breaks nothing, and is bounded', async (name, traceparent, tracestate) => {
    const { url, stop } = await start({ DATABASE_URL }).then((server) => ({
      url: server.url,
      stop: () => server.stop(),
    }));
    const order_id = `hostile-${name.replaceAll(' ', '-')}`;
    const headers = {
      ...(traceparent && { traceparent }),
      ...(tracestate && { tracestate }),
      baggage: 'k=v,'.repeat(900),
    };
    expect((await post(`${url}/orders`, anOrder({ order_id }), headers)).status).toBe(201);
    await untilStatus(url, order_id, 'Completed');
    const [row] = await withEvidence(DATABASE_URL, (query) =>
      query<{ trace_parent: string }>(`SELECT trace_parent FROM orders WHERE order_id = '${order_id}'`),
    );
    expect(row?.trace_parent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01( .{1,512})?$/);
    expect(processor.received[0]?.headers).not.toHaveProperty('baggage');
    expect(await stop()).toBe(0);
  });

  it('is not demanded by a client, but by the sampler', async () => {
    const server = await start({
      DATABASE_URL,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: 0,
    });
    for (let index = 0; index < 20; index++) {
      const traceparent = `00-${'0'.repeat(31)}1-${PARENT}-01`; // which a sampler by the trace's id would always take
      await post(`${server.url}/orders`, anOrder({ order_id: `unsampled-${index}` }), { traceparent });
      await untilStatus(server.url, `unsampled-${index}`, 'Completed');
    }
    expect(await server.stop()).toBe(0);
    expect(collector.spans).toEqual([]);
    expect(processor.received[0]?.headers['traceparent']).toMatch(/-00$/); // those who are called need not decide again
  });

  it('that the collector refuses is logged, and nothing else comes of it', async () => {
    collector.reply = (response) => void response.writeHead(400).end();
    const server = await start({ DATABASE_URL });
    for (let count = 0; count < 3; count++) {
      const { body } = await post(`${server.url}/orders`, anOrder());
      await untilStatus(server.url, body.order_id, 'Completed');
    }
    await until(async () => server.log.some((line) => line.includes('spans cannot be sent')));
    expect(await server.stop()).toBe(0);
    expect(server.log.filter((line) => line.includes('spans cannot be sent'))).toHaveLength(1);
  });

  it('holds up neither orders nor a stop while the collector stands still', async () => {
    collector.reply = () => undefined;
    const [OTEL_EXPORTER_OTLP_TIMEOUT, OTEL_BSP_EXPORT_TIMEOUT] = [600_000, 600_000]; // neither ends the stop
    const server = await start({
      DATABASE_URL,
      OTEL_BSP_MAX_QUEUE_SIZE: 600,
      OTEL_EXPORTER_OTLP_TIMEOUT,
      OTEL_BSP_EXPORT_TIMEOUT,
    });
    const orders = Array.from({ length: 1000 }, () => anOrder());
    for (let batch = 0; batch < 3; batch++)
      expect((await post(`${server.url}/orders/batch`, { orders })).body.accepted).toBe(1000);
    await until(
      () => get(`${server.url}/metrics`),
      ({ body }) => body.completed_orders === body.total_orders,
    );
    expect(await server.stop()).toBe(0);
    expect(collector.spans.length).toBeLessThan(2000); // of 6,000 and more: the queue, and what was on its way
  }, 60_000);
});

describe('without the variables of OpenTelemetry', () => {
  const database = temporaryDatabase();
  afterAll(() => database.remove());
  const LOADED = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve(specifier, context, next) {
        const found = next(specifier, context);
        if (found.url.includes('@opentelemetry')) process.stderr.write('loaded ' + found.url + '\\n');
        return found;
      },
    });`;
  const NODE_OPTIONS = `--import "data:text/javascript,${encodeURIComponent(LOADED)}"`;

  it.each([
    ['at all', {}, false],
    [
      'by OTEL_SDK_DISABLED',
      { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' },
      false,
    ],
    [
      'by OTEL_TRACES_EXPORTER',
      { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' },
      false,
    ],
    ['but with an exporter', { OTEL_TRACES_EXPORTER: 'otlp' }, true],
  ])('nothing of it is loaded, and nothing stored (%s)', async (_, more, isLoaded) => {
    const server = await ServerProcess.start({
      DATABASE_URL: database.url,
      PROCESSING_TIME_MS: 0,
      NODE_OPTIONS,
      ...more,
    });
    servers.push(server);
    const { body } = await post(`${server.url}/orders`, anOrder(), { traceparent: TRACEPARENT });
    await untilStatus(server.url, body.order_id, 'Completed');
    const [row] = await withEvidence(database.url, (query) =>
      query<{ trace_parent: string | null }>(
        `SELECT trace_parent FROM orders WHERE order_id = '${body.order_id}'`,
      ),
    );
    expect(row?.trace_parent !== null).toBe(isLoaded);
    expect(server.log.some((line) => line.startsWith('loaded '))).toBe(isLoaded);
  });

  it.each([
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_TRACES_SAMPLER', 'sometimes'],
    ['OTEL_PROPAGATORS', 'b3'],
  ])('that make no sense: %s=%s ends the start, and says what is allowed', async (key, value) => {
    const { code, said } = await startInVain({
      DATABASE_URL: database.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      [key]: value,
    });
    expect(code).toBe(1);
    expect(said).toMatch(new RegExp(`${key}=.?.?${value}.*must be`));
  });
});
