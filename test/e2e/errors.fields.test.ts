import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post } from '../support/client.js';
import { expectProblem } from '../support/problem.js';

const LONG = 'x'.repeat(129);
const LONE = '\\ud800';

/** A field, and the JSON that stands in it. */
const WRONG: [field: string, json: string][] = [
  ...[
    '""',
    `"${LONG}"`,
    '"a/b"',
    '"a b"',
    '".a"',
    '".."',
    '"-a"',
    '"a\\n"',
    '"a\\u0000"',
    `"a${LONE}"`,
    '"é"',
  ].map((json): [string, string] => ['order_id', json]),
  ...['"a?b"', '"a#b"', '"a%2fb"', '1.5', '-1', '9007199254740992', '1e400', 'true', 'null', '[]', '{}'].map(
    (json): [string, string] => ['order_id', json],
  ),
  ...[
    '""',
    `"${LONG}"`,
    '"a\\u0000b"',
    '"\\u001f"',
    '"\\u007f"',
    '"\\u0085"',
    `"${LONE}"`,
    '"\\udc00\\ud800"',
  ].map((json): [string, string] => ['user_id', json]),
  ...['1.5', '-1', '9007199254740992', 'true', 'null', '["user"]', '{"id":1}'].map(
    (json): [string, string] => ['user_id', json],
  ),
  ...['[]', '"item"', 'null', '7', '{}', '{"length":1,"0":"item"}'].map((json): [string, string] => [
    'item_ids',
    json,
  ]),
  ['item_ids', JSON.stringify(Array.from({ length: 1001 }, () => 'i'))],
  ...[
    '""',
    `"${LONG}"`,
    '"a\\u0000b"',
    `"${LONE}"`,
    'null',
    'false',
    '1.5',
    '-1',
    '["nested"]',
    '[[["nested"]]]',
    '{}',
  ].map((json): [string, string] => ['item_ids[1]', json]),
  ...[
    '-0.01',
    '-1',
    '29.999',
    '0.001',
    '1e400',
    '-1e400',
    '1e21',
    '1000000000',
    'true',
    '"12.5"',
    'null',
    '[]',
    '{}',
  ].map((json): [string, string] => ['total_amount', json]),
  ...[
    'orderId',
    'status',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'prototype',
    'Order_ID',
    '',
  ].map((field): [string, string] => [field, '{"polluted":true}']),
];

/** An order as JSON in which `field` holds `json`. */
function orderWith(field: string, json: string): string {
  const name = field === 'item_ids[1]' ? 'item_ids' : field;
  const value = field === 'item_ids[1]' ? `["item-1",${json}]` : json;
  const others = Object.entries(anOrder()).filter(([key]) => key !== name);
  const fields = [...others.map(([key, other]) => `"${key}":${JSON.stringify(other)}`), `"${name}":${value}`];
  return `{${fields.join(',')}}`;
}

describe('a field that is wrong', () => {
  let server: RunningApp;
  beforeAll(async () => (server = await startApp()));
  afterAll(() => server.close());

  it.each(WRONG.map(([field, json]) => [field, json.slice(0, 40), json]))(
    'is named: %s: %s',
    async (field, _shown, json) => {
      const answer = await post(`${server.url}/orders`, orderWith(field, json));
      expectProblem(answer, 400, '/orders');
      expect(answer.body.errors).toEqual([{ field, message: expect.stringMatching(/\S/) }]);
    },
  );

  it.each(['user_id', 'item_ids', 'total_amount'])('is named when it is missing: %s', async (field) => {
    const { [field]: _, ...order } = anOrder();
    const answer = await post(`${server.url}/orders`, order);
    expectProblem(answer, 400, '/orders');
    expect(answer.body.errors).toEqual([{ field, message: 'is required' }]);
  });

  it('is named with all the others', async () => {
    const answer = await post(`${server.url}/orders`, {
      order_id: 'a b',
      user_id: '',
      item_ids: ['good', '', 'good', null],
      orderId: 1,
    });
    expectProblem(answer, 400, '/orders');
    const fields: string[] = answer.body.errors.map(({ field }: { field: string }) => field);
    expect(new Set(fields)).toEqual(
      new Set(['order_id', 'user_id', 'item_ids[1]', 'item_ids[3]', 'total_amount', 'orderId']),
    );
  });

  it('does not pass in place of the field that it shadows', async () => {
    expectProblem(
      await post(`${server.url}/orders`, `{"__proto__":${JSON.stringify(anOrder())}}`),
      400,
      '/orders',
    );
  });

  it('stores nothing, and changes nothing', async () => {
    expect((await get(`${server.url}/metrics`)).body.total_orders).toBe(0);
    expect({}).not.toHaveProperty('polluted');
  });
});
