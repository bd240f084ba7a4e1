import { gzipSync } from 'node:zlib';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post } from '../support/client.js';
import { expectProblem } from '../support/problem.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const GZIP = { ...JSON_TYPE, 'content-encoding': 'gzip' };
const DEEP = 100_000;
const text = JSON.stringify(anOrder());
/** The JSON of an order in which `field` is written as given. */
const having = (field: string, json: string) =>
  text.replace(JSON.stringify({ [field]: anOrder()[field] }).slice(1, -1), `"${field}":${json}`);
/** The bytes of an order with these in a string. */
const withBytes = (...bytes: number[]) =>
  Buffer.from(text.replace('user-1', String.fromCharCode(...bytes)), 'latin1');

type Body = string | Uint8Array<ArrayBuffer> | undefined;
type Case = [what: string, status: number, body: Body, headers?: Record<string, string>];

const UNREADABLE: Case[] = [
  ['no body', 400, undefined, {}],
  ['no body of a type', 400, undefined, JSON_TYPE],
  ['an empty body', 400, '', JSON_TYPE],
  ['blanks', 400, '  \n', JSON_TYPE],
  ['malformed JSON', 400, '{"user_id":'],
  ['a comma too many', 400, `${text.slice(0, -1)},}`],
  ['two values', 400, text + text],
  ['NaN', 400, having('total_amount', 'NaN')],
  ['Infinity', 400, having('total_amount', 'Infinity')],
  ['single quotes', 400, text.replaceAll('"', "'")],
  ['a raw control character', 400, having('user_id', '"a\u0001b"')],
  ['invalid UTF-8', 400, withBytes(0x63, 0xe9)],
  ['a lone surrogate in UTF-8', 400, withBytes(0xed, 0xa0, 0x80)],
  ['100,000 arrays, open', 400, '['.repeat(DEEP)],
  ['100,000 arrays, closed', 400, '['.repeat(DEEP) + ']'.repeat(DEEP)],
  ['100,000 objects, open', 400, '{"a":'.repeat(DEEP)],
  ['100,000 arrays in a field', 400, having('item_ids', '['.repeat(DEEP) + ']'.repeat(DEEP))],
  ['100,000 objects in a field', 400, having('user_id', `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`)],
  ['a top-level array', 400, `[${text}]`],
  ['a top-level null', 400, 'null'],
  ['a top-level string', 400, '"order"'],
  ['a top-level number', 400, '7'],
  ['a top-level true', 400, 'true'],
  ['gzip that is not gzip', 400, text, GZIP],
  ['gzip that ends early', 400, new Uint8Array(gzipSync(text).subarray(0, 30)), GZIP],
  ['gzip that is huge inside', 413, new Uint8Array(gzipSync(Buffer.alloc(14_000_000, ' '))), GZIP],
  ['an unknown encoding', 415, text, { ...JSON_TYPE, 'content-encoding': 'zip' }],
  ['plain text', 415, text, { 'content-type': 'text/plain' }],
  ['a form', 415, 'user_id=1', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['a multipart form', 415, '--x--', { 'content-type': 'multipart/form-data; boundary=x' }],
  ['XML', 415, '<order/>', { 'content-type': 'application/xml' }],
  ['a nonsense type', 415, text, { 'content-type': 'nonsense' }],
  ['another character set', 415, text, { 'content-type': 'application/json; charset=iso-8859-1' }],
];

describe('a body that cannot be read', () => {
  let server: RunningApp;
  beforeAll(async () => (server = await startApp()));
  afterAll(() => server.close());

  it.each(UNREADABLE)('is refused: %s: %i', async (_what, status, body, headers = JSON_TYPE) => {
    const init = { method: 'POST', headers, ...(body !== undefined && { body }) };
    const response = await fetch(`${server.url}/orders`, init);
    const answer = { status: response.status, headers: response.headers, body: await response.json() };
    expectProblem(answer, status, '/orders');
  });

  it('stores nothing', async () => {
    expect((await get(`${server.url}/metrics`)).body.total_orders).toBe(0);
  });

  it('is read when it is gzip indeed', async () => {
    const body = new Uint8Array(gzipSync(text));
    expect((await post(`${server.url}/orders`, body, GZIP)).status).toBe(201);
  });
});

describe('a batch with a deep entry', () => {
  it('has that entry refused, and no other', async () => {
    const server = await startApp();
    const deep = '['.repeat(DEEP) + ']'.repeat(DEEP);
    const { status, body } = await post(`${server.url}/orders/batch`, `{"orders":[${text},${deep},${text}]}`);
    await server.close();
    expect(status).toBe(200);
    expect(body).toMatchObject({ accepted: 2, rejected: 1 });
    expect(body.results[1]).toMatchObject({ index: 1, status_code: 400, order_id: null });
  });
});
