import fc, { type Arbitrary } from 'fast-check';
import type { Document, Operation, Schema } from './openapi.answers.js';

export interface FuzzedRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** Values that break programs which look at them too trustingly. */
const NASTY: unknown[] = [
  null,
  true,
  '',
  ' ',
  [],
  {},
  -1,
  0.001,
  1e21,
  1e-7,
  2 ** 53,
  -0,
  999_999_999.991,
  '1',
  'NaN',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\u202e',
  '../..',
  '%00',
  "' OR 1=1 --",
  '__proto__',
  'constructor',
  'x'.repeat(129),
  'x'.repeat(10_000),
  ['a', ['b']],
  { toString: 'x' },
  Array.from({ length: 1001 }, () => 'i'),
];
const nasty: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
);

/**
 * Requests to every route of the document: valid, slightly invalid and wild ones.
 * @param ids of orders and webhooks that exist
 * @param authorizations headers of that name, of which the first is right for every route
 */
export function requestsTo(
  document: Document,
  ids: string[],
  [all = '', ...others]: string[],
): Arbitrary<FuzzedRequest> {
  const authorization = fc.oneof(
    { weight: 9, arbitrary: fc.constant(all) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { responses }]) => !responses[200]?.content?.['text/event-stream']) // its answer never ends
      .map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const arbitraries = operations.map(({ path, method, operation }) =>
    fc.record({
      method: fc.oneof(
        { weight: 30, arbitrary: fc.constant(method) },
        { weight: 1, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD') },
      ),
      path: pathTo(path, operation, ids, document),
      headers: fc
        .tuple(headersOf(operation), authorization)
        .map(([headers, value]) => ({ ...headers, ...(value && { authorization: value }) })),
      body: bodyOf(operation, document),
    }),
  );
  const posts = arbitraries.filter((_, index) => operations[index]?.method === 'POST');
  return fc.oneof(...arbitraries, ...posts, ...posts); // bodies have the most ways to be wrong
}

function pathTo(
  path: string,
  operation: Operation,
  orderIds: string[],
  document: Document,
): Arbitrary<string> {
  const id = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...orderIds) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1 }).map(encodeURIComponent) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('%00', '%zz', '%E0%A4%A', '..%2f..', '.', 'x'.repeat(3000), "'--", '%F0%9F'),
    },
  );
  const named = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
  const pairs = named.map(({ name, schema }) =>
    fc
      .oneof(valueOf(schema, document), valueOf(schema, document), nasty)
      .map((value) => `${name}=${encode(typeof value === 'string' ? value : JSON.stringify(value))}`),
  );
  const wild = fc.constantFrom(
    'limit',
    'limit[]=1',
    'limit=1&limit=2',
    '__proto__[x]=1',
    '%',
    '?',
    'unknown=1',
    'cursor=bzE',
  );
  const query = fc.oneof(
    { weight: 3, arbitrary: fc.subarray(pairs).chain((some) => fc.tuple(...some)) },
    { weight: 1, arbitrary: fc.array(wild, { maxLength: 2 }) },
  );
  const route = fc.constantFrom(path, path.replace('/orders', '/order')); // the alias, which is not documented again
  return fc
    .tuple(route, id, query, fc.constantFrom('', '', '', '/'))
    .map(
      ([there, value, list, slash]) =>
        `${there.replaceAll(/\{\w+\}/g, value)}${slash}${list.length > 0 ? `?${list.join('&')}` : ''}`,
    );
}

function headersOf(operation: Operation): Arbitrary<Record<string, string>> {
  const takesKey = operation.parameters?.some((parameter) => parameter.in === 'header');
  const type = fc.oneof(
    { weight: 20, arbitrary: fc.constant('application/json') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('application/json; charset=utf-8', 'application/json; charset=latin1'),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'text/plain',
        'application/x-www-form-urlencoded',
        '*/*',
        '/',
        'application/json;',
      ),
    },
  );
  const key = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('a b', 'k', 'k', 'x'.repeat(256)));
  const other = fc.constantFrom(
    {},
    {},
    {},
    {},
    {},
    {},
    { 'content-encoding': 'gzip' },
    { 'content-encoding': 'zzz' },
    { accept: 'text/plain' },
    { 'x-request-id': 'mine' },
    { 'x-request-id': '"><' },
    { range: 'bytes=0-1' },
    { 'if-none-match': '*' },
  );
  return fc.tuple(type, fc.option(key), other).map(([contentType, idempotencyKey, rest]) => ({
    'content-type': contentType,
    ...(takesKey &&
      idempotencyKey !== null && { 'idempotency-key': idempotencyKey.replaceAll(/[^\x20-\x7e]/g, '?') }),
    ...rest,
  }));
}

function bodyOf(operation: Operation, document: Document): Arbitrary<string> {
  const schema = operation.requestBody?.content['application/json']?.schema;
  if (!schema)
    return fc.oneof({ weight: 9, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.json() });
  const valid = valueOf(schema, document);
  const spoilt = fc.tuple(valid, fc.nat(), nasty, fc.boolean()).map(([value, at, bad, isNew]) => {
    const object = value as Record<string, unknown>; // bodies are objects
    const keys = Object.keys(object);
    const key = isNew ? String(at) : (keys[at % Math.max(1, keys.length)] ?? 'extra');
    return bad === null
      ? Object.fromEntries(Object.entries(object).filter(([name]) => name !== key))
      : { ...object, [key]: bad };
  });
  const broken = fc.constantFrom(
    '',
    '{',
    '[1,',
    'nul',
    '\u0000',
    '"',
    '['.repeat(5000),
    '{"a":'.repeat(5000),
    '{"__proto__":{"a":1}}',
  );
  return fc.oneof(
    { weight: 5, arbitrary: valid.map((value) => JSON.stringify(value)) },
    { weight: 5, arbitrary: spoilt.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: nasty.map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: broken },
    { weight: 1, arbitrary: fc.tuple(valid, fc.nat()).map(([value, at]) => cut(JSON.stringify(value), at)) },
  );
}

/** A valid value of a schema, as far as the document's schemas go. */
export function valueOf(schema: Schema, document: Document): Arbitrary<unknown> {
  const of = (inner: unknown) => valueOf(inner as Schema, document);
  if (typeof schema['$ref'] === 'string')
    return of(document.components.schemas[schema['$ref'].split('/').at(-1) ?? '']);
  const choices = schema['oneOf'] ?? schema['anyOf'];
  if (Array.isArray(choices)) return fc.oneof(...choices.map(of));
  if (Array.isArray(schema['type']))
    return fc.oneof(...schema['type'].map((type) => of({ ...schema, type })));
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  const [least, most] = [Number(schema['minimum'] ?? 0), Number(schema['maximum'] ?? 1e9)];
  switch (schema['type']) {
    case 'integer':
      return fc.integer({ min: least, max: most });
    case 'number':
      return fc.integer({ min: least * 100, max: most * 100 }).map((minor) => minor / 100);
    case 'string':
      if (String(schema['pattern']).startsWith('^https?:'))
        return fc.constantFrom(
          'http://127.0.0.1:9/',
          'http://127.0.0.1:9/a?b#c',
          'http://x@127.0.0.1/',
          'http://[::1]:9',
        );
      if (schema['format'] === 'date-time')
        return fc
          .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
          .map((date) => date.toISOString());
      return fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:~-]{0,20}$/); // fits every pattern there is
    case 'array':
      return fc.array(of(schema['items'] ?? {}), {
        minLength: Number(schema['minItems'] ?? 0),
        maxLength: 4,
      });
    case 'object': {
      const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>);
      const arbitraries = Object.fromEntries(properties.map(([name, inner]) => [name, of(inner)]));
      return fc.record(arbitraries, { requiredKeys: (schema['required'] ?? []) as string[] });
    }
    default:
      return fc.jsonValue();
  }
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function cut(text: string, at: number): string {
  return text.slice(0, at % text.length);
}
