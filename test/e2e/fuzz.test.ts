import { once } from 'node:events';
import { Agent, request as send, type IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { PLACES, type DatabaseKind } from '../support/any.database.js';
import { anOrder, get, post } from '../support/client.js';
import { expectSoundAt, withEvidence } from '../support/evidence.js';
import { requestsTo, type FuzzedRequest } from '../support/fuzz.js';
import { Contract, type Document } from '../support/openapi.answers.js';
import { RawClient, request, type RawAnswer } from '../support/raw.js';
import { ServerProcess } from '../support/server.js';
import { malformed } from '../support/malformed.js';

const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** Of requests; a fourth as many connections of bytes. Without the variable, a third of them on a server. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 8500);
const shareOf = (place: DatabaseKind) => (place === PLACES.file || process.env['FUZZ_RUNS'] ? 1 : 1 / 3);

for (const place of Object.values(PLACES))
  (place.isThere ? describe : describe.skip)(
    `a server on ${place.name} that is sent anything (FUZZ_SEED=${SEED})`,
    () => sendAnything(place),
  );

const tokenOf = (id: string) => `om_${id.repeat(8)}_${id.repeat(43)}`;
const KEYS = { all: tokenOf('a'), 'orders:read': tokenOf('r'), 'metrics:read': tokenOf('m') };
const ALL = { authorization: `Bearer ${KEYS.all}` };

/** What clients send, and the scopes that it gives them; the first gives all. */
const AUTHORIZATIONS = new Map<string, string[]>([
  [ALL.authorization, ['orders:read', 'orders:write', 'orders:admin', 'metrics:read']],
  [`Bearer ${KEYS['orders:read']}`, ['orders:read']],
  [`Bearer ${KEYS['metrics:read']}`, ['metrics:read']],
  [`Bearer ${tokenOf('x')}`, []],
  [`Bearer ${KEYS.all}x`, []],
  ['Basic YTpi', []],
  ['', []],
]);

/** What a request that may not be made is answered, if not 400, 404 or 405 because there is nothing to allow. */
const REFUSED = new Set([400, 401, 403, 404, 405, 413, 415]);

function sendAnything(place: DatabaseKind): void {
  const REQUESTS = Math.ceil(RUNS * shareOf(place));
  const CONNECTIONS_OF_BYTES = Math.ceil(REQUESTS / 4.25);
  let database: Awaited<ReturnType<DatabaseKind['create']>>;
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const acknowledged = new Set<string>();
  const statuses = new Set<number>();
  let server: ServerProcess;
  let contract: Contract;
  const webhookIds: string[] = [];
  const orderIds = Array.from({ length: 10 }, (_, index) => `known-${index}`);

  beforeAll(async () => {
    database = await place.create();
    server = await ServerProcess.start({
      DATABASE_URL: database.url,
      PROCESSING_TIME_MS: 0,
      LOG_LEVEL: 'info',
      HEADERS_TIMEOUT_MS: 300,
      REQUEST_TIMEOUT_MS: 600,
      WEBHOOK_TARGETS: 'any',
      WEBHOOK_MAX_PENDING: 10,
      MAX_WEBHOOKS: 10,
      API_KEYS: [
        KEYS.all,
        `orders:read@${KEYS['orders:read']}`,
        `metrics:read@${KEYS['metrics:read']}`,
      ].join(),
    });
    for (let count = 0; count < 10; count++)
      webhookIds.push((await post(`${server.url}/webhooks`, { url: 'http://127.0.0.1:9/' }, ALL)).body.id);
    contract = new Contract((await get(`${server.url}/openapi.json`)).body as Document);
    for (const order_id of orderIds) {
      await post(`${server.url}/orders`, anOrder({ order_id }), ALL);
      acknowledged.add(order_id);
    }
  });
  afterAll(async () => {
    agent.destroy();
    await server.stop();
    await database.remove();
  });

  /** Works through `list`, sixteen at a time; returns what was wrong. */
  async function all<Item>(list: Item[], judge: (item: Item) => Promise<string[]>): Promise<string[]> {
    const wrong: string[] = [];
    const queue = list.values();
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (const item of queue) wrong.push(...(await judge(item)));
      }),
    );
    return wrong.slice(0, 10);
  }

  /** Notes what an answer promises. */
  function note(status: number, body: string): void {
    if (status !== 201 && status !== 200) return;
    const told = JSON.parse(body) as {
      order_id?: string;
      results?: { order_id: string; status_code: number }[];
    };
    if (status === 201 && told.order_id) acknowledged.add(told.order_id);
    for (const { order_id, status_code } of told.results ?? [])
      if (status_code === 201) acknowledged.add(order_id);
  }

  async function ask({ method, path, headers, body }: FuzzedRequest): Promise<string[]> {
    const length = { 'content-length': Buffer.byteLength(body) };
    const { hostname, port } = new URL(server.url);
    const sending = send({ hostname, port, path, method, headers: { ...headers, ...length }, agent }); // a URL would be normalized
    sending.end(body);
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    const text = (await answer.setEncoding('utf8').toArray()).join('');
    const type = answer.headers['content-type'] ?? '';
    const status = answer.statusCode ?? 0;
    statuses.add(status);
    if (method === 'POST' && /json/.test(type)) note(status, text);
    const scope = contract.scopeOf(method, path);
    const isAllowed = !scope || AUTHORIZATIONS.get(headers['authorization'] ?? '')?.includes(scope);
    const isLetIn = !isAllowed && !REFUSED.has(status);
    const breach = isLetIn
      ? `${status} without the scope ${scope}`
      : contract.breach(method, path, status, type, text);
    return breach ? [`${method} ${path} ${JSON.stringify(headers)} ${body.slice(0, 500)} → ${breach}`] : [];
  }

  it(`answers ${REQUESTS} requests made from its OpenAPI document as the document says, and none with 5xx`, async () => {
    const requests = fc.sample(
      requestsTo(contract.document, [...orderIds, ...webhookIds], [...AUTHORIZATIONS.keys()]),
      {
        seed: SEED,
        numRuns: REQUESTS,
      },
    );
    expect(await all(requests, ask)).toEqual([]);
    expect([...statuses]).toEqual(expect.arrayContaining([200, 201, 400, 401, 403, 404, 405, 409, 415, 422])); // they went deep
  }, 180_000);

  it(`answers ${CONNECTIONS_OF_BYTES} connections of malformed bytes with problems of the client's, or closes them`, async () => {
    const judge = ({ status, headers, body }: RawAnswer): string[] => {
      const type = headers.get('content-type') ?? '';
      if (/json/.test(type) && body.startsWith('{')) note(status, body);
      if (status >= 500) return [`${status} ${body}`];
      if (status < 400 || !/problem/.test(type)) return [];
      const breach = contract.breach('GET', '/nothing', isOfTheRoute(status) ? 400 : status, type, body);
      return breach ? [breach] : [];
    };
    const exchange = async (bytes: Buffer) => {
      const client = await RawClient.open(server.url);
      await client.send(bytes);
      client.socket.end();
      const received = await client.end();
      const wrong = client.answers.flatMap(judge);
      if (received !== '' && client.answers.length === 0 && !/^HTTP\/1\.1 [1-4]\d\d /.test(received))
        wrong.push('no HTTP');
      return wrong.map(
        (what) =>
          `${JSON.stringify(bytes.toString('latin1').slice(0, 500))} → ${what} in ${received.slice(0, 200)}`,
      );
    };
    const inputs = fc.sample(malformed(orderIds, ALL.authorization), {
      seed: SEED,
      numRuns: CONNECTIONS_OF_BYTES,
    });
    expect(await all(inputs, exchange)).toEqual([]);
  }, 180_000);

  it('answers pipelined orders in their order', async () => {
    const client = await RawClient.open(server.url);
    const ids = Array.from({ length: 50 }, (_, index) => `pipelined-${index}`);
    const orders = ids.map((order_id) =>
      request('POST', '/orders', JSON.stringify(anOrder({ order_id })), ALL),
    );
    await client.send(`${orders.join('')}${request('GET', '/health/live', '', { connection: 'close' })}`);
    await client.end();
    const bodies = client.answers.map(({ body }) => JSON.parse(body) as { order_id?: string });
    expect(bodies.map(({ order_id }) => order_id)).toEqual([...ids, undefined]);
    for (const id of ids) acknowledged.add(id);
  });

  it('never answers an order that it took with the refusal of what came after it', async () => {
    for (let round = 0; round < 20; round++) {
      const order_id = `followed-${round}`;
      const client = await RawClient.open(server.url);
      await client.send(
        `${request('POST', '/orders', JSON.stringify(anOrder({ order_id })), ALL)}\u0000garbage\r\n\r\n`,
      );
      await client.end();
      const first = client.answers[0]?.status;
      const { status } = await get(`${server.url}/orders/${order_id}`, ALL);
      expect([undefined, 201]).toContain(first); // undefined: the client does not know, and asks again
      if (status === 200) acknowledged.add(order_id);
    }
  });

  it('is well afterwards, has logged no error, and stored exactly what it said it did', async () => {
    expect((await get(`${server.url}/health/ready`)).status).toBe(200);
    expect(await post(`${server.url}/orders`, anOrder({ order_id: 'after' }), ALL)).toMatchObject({
      status: 201,
    });
    acknowledged.add('after');
    const rows = await withEvidence(database.url, (query) =>
      query<{ order_id: string }>('SELECT order_id FROM orders'),
    );
    const stored = rows.map((row) => row.order_id);
    expect(stored.filter((id) => !acknowledged.has(id))).toEqual([]);
    expect([...acknowledged].filter((id) => !stored.includes(id))).toEqual([]);
    expect(server.log.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
    await server.stop();
    await expectSoundAt(database.url);
  });
}

/** Answers that only a route can give; which route it was, the bytes do not tell. */
function isOfTheRoute(status: number): boolean {
  return status === 409 || status === 422;
}
