import fc, { type Arbitrary } from 'fast-check';
import { InvalidRequest } from '../../src/http/problem.js';
import { createValidationPipe } from '../../src/http/validation/explainer.js';
import type { DtoClass } from '../../src/http/validation/json.schemas.js';
import { SchemaValidator } from '../../src/http/validation/schema.validator.js';
import { BatchDto } from '../../src/orders/dto/batch.dto.js';
import { CreateOrderDto } from '../../src/orders/dto/create-order.dto.js';
import { ListOrdersQuery } from '../../src/orders/dto/list-orders.query.js';
import { RetryOrdersDto } from '../../src/orders/dto/retry-orders.dto.js';
import { ReplayDto } from '../../src/webhooks/dto/replay.dto.js';
import { ChangeWebhookDto, CreateWebhookDto } from '../../src/webhooks/dto/webhook.request.js';
import { startApp, type RunningApp } from '../support/app.js';

const BODIES = Number(process.env['VALIDATION_RUNS'] ?? 7500);

let server: RunningApp;
let schemas: SchemaValidator;
const pipe = createValidationPipe();
beforeAll(async () => {
  server = await startApp();
  schemas = server.app.get(SchemaValidator);
});
afterAll(() => server.close());

/** What stands in a field now and then: at the edges of what is allowed, and far beyond. */
const TEXTS = [
  '',
  ' ',
  'a',
  '-',
  '.',
  'a/b',
  'é',
  '💶'.repeat(128),
  'x'.repeat(128),
  'x'.repeat(129),
  '\u0000',
];
const MORE_TEXTS = ['a\n', '\u0085', '\ud800', '12', '29.99', 'Pending', '2026-02-30T00:00:00Z'];
const INSTANTS = [
  '2026-01-31T12:00:00Z',
  '2026-01-31t12:00:00.5+01:00',
  '2026-01-31',
  '2026-01-31T25:00:00Z',
];
const NUMBERS = [0, -0, -1, 1, 0.01, 0.001, 29.99, 999_999_999.99, 999_999_999.991, 1e9, 1e21, 1e-7, 2 ** 53];
const MORE_NUMBERS = [2 ** 53 - 1, 200, 201, 10_000, 10_001, 1.5];

const scalar = fc.oneof(
  fc.constantFrom<unknown>(...TEXTS, ...MORE_TEXTS, ...INSTANTS, ...NUMBERS, ...MORE_NUMBERS, null, true),
  fc.string({ unit: 'binary', maxLength: 140 }),
  fc.integer(),
  fc.double(),
  fc.integer({ min: 0, max: 99_999_999_999 }).map((minor) => minor / 100),
);
const anything = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(scalar, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom([], {}, [[]], { length: 1 }) },
  { weight: 1, arbitrary: fc.constantFrom(1000, 1001).map((length) => Array.from({ length }, () => 'i')) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** Values of a field that are right, of which most of a body is made: otherwise no body would have one problem only. */
const RIGHT: Record<string, Arbitrary<unknown>> = {
  order_id: fc.oneof(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}$/), fc.maxSafeNat()),
  user_id: fc.stringMatching(/^[a-z0-9]{1,20}$/),
  item_ids: fc.array(fc.oneof(fc.stringMatching(/^[a-z]{1,9}$/), fc.maxSafeNat()), {
    minLength: 1,
    maxLength: 5,
  }),
  total_amount: fc.integer({ min: 0, max: 99_999_999_999 }).map((minor) => minor / 100),
  failed_from: fc.constantFrom(...INSTANTS.slice(0, 2)),
  failed_to: fc.constantFrom(...INSTANTS.slice(0, 2)),
  limit: fc.integer({ min: 1, max: 200 }),
  orders: fc.array(anything, { minLength: 1, maxLength: 3 }),
  status: fc.constantFrom('Pending', 'Failed'),
  url: fc.webUrl(),
  statuses: fc.subarray(['Pending', 'Processing', 'Completed', 'Failed', 'Cancelled']),
  enabled: fc.boolean(),
  created_from: fc.constantFrom(...INSTANTS.slice(0, 2)),
  created_to: fc.constantFrom(...INSTANTS.slice(0, 2)),
  cursor: fc.string({ maxLength: 64 }),
};

/** Fields that no class has. The difference that is meant: names of JavaScript's own objects, tested below. */
const UNKNOWN = ['orderId', 'Order_ID', '', 'status_', 'then', 'length', 'name'];

/** A body with some of the fields, most of them right, and now and then one too many. */
function bodyOf(fields: string[], value: Arbitrary<unknown> = anything): Arbitrary<Record<string, unknown>> {
  const one = (name: string) =>
    fc.oneof({ weight: 5, arbitrary: RIGHT[name] ?? value }, { weight: 1, arbitrary: value });
  const known = fc.record(Object.fromEntries(fields.map((name) => [name, one(name)])), { requiredKeys: [] });
  const whole = fc.record(Object.fromEntries(fields.map((name) => [name, one(name)])));
  const extra = fc.oneof(
    { weight: 6, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom(...UNKNOWN), value).map(([name, it]) => ({ [name]: it })),
    },
  );
  return fc.tuple(fc.oneof(known, whole), extra).map(([body, more]) => ({ ...body, ...more }));
}

/** The fields that class-validator finds wrong. */
async function fieldsByDecorators(dto: DtoClass, value: unknown, type: 'body' | 'query'): Promise<string[]> {
  try {
    await pipe.transform(value, { type, metatype: dto as new () => unknown });
    return [];
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error;
    return fieldsOf(error.extra.errors ?? []);
  }
}

/** Each field once; of an entry of an array, the array. */
function fieldsOf(errors: { field: string }[]): string[] {
  return [...new Set(errors.map(({ field }) => field.replace(/\[.*$/, '')))].toSorted();
}

/** Left out: `null` where class-validator has `@IsOptional`. */
function withoutMeant(body: Record<string, unknown>, optional: string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => value !== null || !optional.includes(name)),
  );
}

/** A copy as JSON brings it, without −0 that JSON has and Object.is tells from 0. */
const throughJson = (body: unknown) => JSON.parse(JSON.stringify(body)) as Record<string, unknown>;

const BODY_CLASSES: [DtoClass, fields: string[], optional: string[]][] = [
  [CreateOrderDto, ['order_id', 'user_id', 'item_ids', 'total_amount'], ['order_id']],
  [
    RetryOrdersDto,
    ['failed_from', 'failed_to', 'user_id', 'limit'],
    ['failed_from', 'failed_to', 'user_id', 'limit'],
  ],
  [BatchDto, ['orders'], []],
  [CreateWebhookDto, ['url', 'statuses'], ['statuses']],
  [ChangeWebhookDto, ['url', 'statuses', 'enabled'], ['url', 'statuses', 'enabled']],
  [ReplayDto, ['failed_from', 'limit'], ['failed_from', 'limit']],
];

describe('the compiled check and class-validator', () => {
  it.each(BODY_CLASSES.map(([dto, ...rest]) => [dto.name, dto, ...rest] as const))(
    `say the same of every body: %s (${BODIES})`,
    async (_name, dto, fields, optional) => {
      const verdicts = new Set<boolean>();
      const property = fc.asyncProperty(bodyOf(fields), async (generated) => {
        const body = withoutMeant(throughJson(generated), optional);
        const compiled = fieldsOf(await schemas.errors(dto, body));
        const byDecorators = await fieldsByDecorators(dto, structuredClone(body), 'body');
        const told = Object.values(body).some(isLong) ? intersection(byDecorators, compiled) : byDecorators;
        const isValid = byDecorators.length === 0;
        expect([schemas.admits(dto, body), compiled]).toEqual([isValid, told]);
        verdicts.add(isValid);
      });
      await fc.assert(property, { numRuns: BODIES });
      expect(verdicts).toEqual(new Set([true, false])); // there were good ones and bad ones
    },
    120_000,
  );

  it(`say the same of every query (${BODIES})`, async () => {
    const names = ['status', 'user_id', 'created_from', 'created_to', 'limit', 'cursor'];
    const text = fc.oneof(
      fc.constantFrom(...TEXTS, ...MORE_TEXTS, ...INSTANTS),
      fc.string({ unit: 'binary' }),
    );
    const number = fc.oneof(
      fc.integer().map(String),
      fc.double().map(String),
      fc.constantFrom(' 7 ', '0x10', '1e2'),
    );
    const property = fc.asyncProperty(
      bodyOf(names, fc.oneof(text, number, fc.array(text, { minLength: 2, maxLength: 3 }))),
      async (generated) => {
        const query = { ...generated, ...('limit' in generated && { limit: asQuery(generated['limit']) }) };
        const checked = schemas.query(ListOrdersQuery, query);
        const compiled = 'errors' in checked ? fieldsOf(await checked.errors) : [];
        expect(compiled).toEqual(await fieldsByDecorators(ListOrdersQuery, structuredClone(query), 'query'));
      },
    );
    await fc.assert(property, { numRuns: BODIES });
  }, 120_000);

  const order = '"user_id":1,"item_ids":[1],"total_amount":1';

  it.each([
    'null',
    '[]',
    '7',
    '"text"',
    ...['order_id'].map((name) => `{${order},"${name}":null}`),
    ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'isPrototypeOf'].map(
      (name) => `{${order},"${name}":1}`,
    ),
  ])('differ by intent, and the compiled check stands: %s', async (json) => {
    const errors = await schemas.errors(CreateOrderDto, JSON.parse(json));
    expect(await fieldsByDecorators(CreateOrderDto, JSON.parse(json), 'body')).not.toEqual(fieldsOf(errors));
    expect(errors).toEqual([
      { field: expect.any(String), message: expect.stringMatching(/^(must be|is not)/) },
    ]);
  });
});

function intersection(all: string[], some: string[]): string[] {
  return all.filter((one) => some.includes(one));
}

/** Then only the first problem is told. */
function isLong(value: unknown): boolean {
  return Array.isArray(value) && value.length > 1000;
}

/** In a query everything is text, or a list of texts. */
function asQuery(value: unknown): unknown {
  return Array.isArray(value) ? value : String(value);
}
