import fc from 'fast-check';
import { SchemaValidator } from '../../src/http/validation/schema.validator.js';
import { CreateOrderDto, toOrderRequest } from '../../src/orders/dto/create-order.dto.js';
import { ListOrdersQuery } from '../../src/orders/dto/list-orders.query.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder } from '../support/client.js';

let server: RunningApp;
let schemas: SchemaValidator;
beforeAll(async () => {
  server = await startApp();
  schemas = server.app.get(SchemaValidator);
});
afterAll(() => server.close());

/** What the server says about a body, after its way through JSON. */
const errorsOf = (body: unknown) => schemas.errors(CreateOrderDto, JSON.parse(JSON.stringify(body)));
const fieldsOf = async (body: unknown) => (await errorsOf(body)).map(({ field }) => field);

const notControl = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 128 })
  .filter((text) => !/\p{Cc}/u.test(text));
const integerId = fc.maxSafeNat();
const id = fc.oneof(notControl, integerId);
const orderId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}$/);
const body = fc.record(
  {
    order_id: fc.oneof(orderId, integerId),
    user_id: id,
    item_ids: fc.array(id, { minLength: 1, maxLength: 50 }),
    total_amount: fc.integer({ min: 0, max: 99_999_999_999 }).map((cents) => cents / 100),
  },
  { requiredKeys: ['user_id', 'item_ids', 'total_amount'] },
);

describe('an order body', () => {
  it('is accepted when it keeps to the contract, and says what it said: integer ids as their digits', async () => {
    await fc.assert(
      fc.asyncProperty(body, async (order) => {
        expect(await errorsOf(order)).toEqual([]);
        expect(toOrderRequest(JSON.parse(JSON.stringify(order)) as CreateOrderDto, null)).toEqual({
          orderId: order.order_id === undefined ? null : String(order.order_id),
          idempotencyKey: null,
          userId: String(order.user_id),
          itemIds: order.item_ids.map(String),
          totalAmount: Math.round(order.total_amount * 100),
        });
      }),
      { numRuns: 300 },
    );
  });

  it('may have a thousand items, not one more, and not none', async () => {
    const items = (length: number) => anOrder({ item_ids: Array.from({ length }, (_, index) => index) });
    expect(await fieldsOf(items(1000))).toEqual([]);
    expect(await fieldsOf(items(1001))).toEqual(['item_ids']);
    expect(await fieldsOf(items(0))).toEqual(['item_ids']);
  });

  it('is told every problem at once, one message a field', async () => {
    const bad = {
      order_id: '-',
      user_id: '',
      item_ids: ['ok', null],
      total_amount: '29.99',
      orderId: 'typo',
    };
    expect((await errorsOf(bad)).toSorted((a, b) => a.field.localeCompare(b.field))).toEqual([
      { field: 'item_ids[1]', message: expect.stringMatching(/^must be a string of 1 to 128/) },
      { field: 'order_id', message: expect.stringMatching(/^must be a string of 1 to 128/) },
      { field: 'orderId', message: 'is not a known field' },
      { field: 'total_amount', message: 'must be a number from 0 to 999999999.99 with at most 2 decimals' },
      { field: 'user_id', message: expect.stringMatching(/^must be a string of 1 to 128/) },
    ]);
    expect((await fieldsOf({})).toSorted()).toEqual(['item_ids', 'total_amount', 'user_id']);
  });

  it.each([null, [], 'text', 7, true])('is not %j', async (notAnObject) => {
    expect(await errorsOf(notAnObject)).toEqual([
      { field: '', message: 'must be a JSON object that is an order' },
    ]);
  });

  it('is told of unknown fields that have names of JavaScript’s own', async () => {
    const raw = '{"user_id":1,"item_ids":[1],"total_amount":1,"__proto__":1,"constructor":1}';
    const errors = await schemas.errors(CreateOrderDto, JSON.parse(raw));
    expect(errors.map(({ field }) => field).toSorted()).toEqual(['__proto__', 'constructor']);
  });
});

describe('an id', () => {
  const longest = 'é'.repeat(128);
  it.each([' ', 'a/b', '💶'.repeat(128), longest, 0, Number.MAX_SAFE_INTEGER])(
    'of a user or item may be %j',
    async (one) => {
      expect(await fieldsOf(anOrder({ user_id: one, item_ids: [one] }))).toEqual([]);
    },
  );

  it.each([
    '',
    `${longest}x`,
    'a\nb',
    '\u0000',
    '\u007f',
    '\u009f',
    '\ud800',
    -1,
    1.5,
    2 ** 53,
    true,
    null,
    {},
    ['a'],
  ])('of a user or item is never %j', async (one) => {
    expect((await fieldsOf(anOrder({ user_id: one, item_ids: [one] }))).toSorted()).toEqual([
      'item_ids[0]',
      'user_id',
    ]);
  });

  it.each(['.', '..', '-a', '_', 'a b', 'a/b', 'é', 'a%20', 'x'.repeat(129), '', -1, 1.5, null])(
    'of an order is never %j: it is a path of its URL',
    async (one) => {
      expect(await fieldsOf(anOrder({ order_id: one }))).toEqual(['order_id']);
    },
  );
});

describe('a query', () => {
  it('has its numbers as numbers and its defaults filled in', () => {
    expect(schemas.query(ListOrdersQuery, { limit: '200' })).toEqual({ query: { limit: 200 } });
    expect(schemas.query(ListOrdersQuery, {})).toEqual({ query: { limit: 50 } });
  });

  it.each(['0', '201', '-1', '1.5', 'ten', '', 'Infinity', 'NaN'])('refuses the limit %j', async (limit) => {
    const checked = schemas.query(ListOrdersQuery, { limit });
    expect('errors' in checked && (await checked.errors)).toEqual([
      { field: 'limit', message: 'must be a whole number from 1 to 200' },
    ]);
  });
});
