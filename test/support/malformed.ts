import fc, { type Arbitrary } from 'fast-check';
import { request } from './raw.js';

/** An order that lacks its amount: however the bytes around it are bent, nothing may be stored. */
const BODY = JSON.stringify({ user_id: 'user-1', item_ids: ['item-1'] });
const POST = request('POST', '/orders', BODY);
const chunked = (chunks: string) =>
  `POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;
const withHeader = (line: string) => `GET /orders HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`;

/** What is wrong by design: each a way in which HTTP/1.1 servers have been broken. */
const KNOWN = [
  '',
  '\r\n',
  '\0',
  'GET',
  'GET /\r\n\r\n',
  'GET / HTTP/9.9\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'GET * HTTP/1.1\r\nHost: a\r\n\r\n',
  'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET //orders HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n',
  'TRACE /orders HTTP/1.1\r\nHost: a\r\n\r\n',
  'get /orders HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /orders HTTP/1.0\r\n\r\n',
  ...['-1', '+5', '0x10', '1e3', '5, 5', '99999999999999999999', '9007199254740993', '', 'abc'].map(
    (length) => POST.replace(/content-length: \d+/, `content-length: ${length}`),
  ),
  ...[1, 10, 1_000_000].map((more) =>
    POST.replace(/content-length: (\d+)/, (_, length) => `content-length: ${Number(length) + more}`),
  ),
  ...[1, 10, 40].map((less) =>
    POST.replace(/content-length: (\d+)/, (_, length) => `content-length: ${Number(length) - less}`),
  ),
  POST.replace('host', 'transfer-encoding: chunked\r\nhost'),
  ...[
    'zz\r\n',
    '-1\r\n\r\n',
    '5\r\nab',
    '5\r\nabcdefgh\r\n',
    'ffffffffffffffff\r\n',
    '1;x="\0"\r\na\r\n0\r\n\r\n',
    '0\r\n',
    '2\r\n{}\r\n0\r\nX: \0\r\n\r\n',
  ].map(chunked),
  chunked(`${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`),
  ...['gzip', 'chunked, identity', 'identity', 'chunked, chunked', '\vchunked'].map((coding) =>
    withHeader(`Transfer-Encoding: ${coding}`),
  ),
  ...[
    'X: \0',
    'X : 1',
    ': 1',
    ' X: 1',
    'X',
    'X: \x7f',
    'X: é',
    'Expect: 100-continue',
    'Expect: anything',
    'Upgrade: websocket\r\nConnection: Upgrade',
  ].map(withHeader),
  ...['Content-Length: 1\r\nContent-Length: 2', 'Host: b', 'Content-Type: \0', 'Connection: close, \0'].map(
    withHeader,
  ),
  withHeader(`X: ${'x'.repeat(20_000)}`),
  withHeader(Array.from({ length: 3000 }, (_, index) => `X-${index}: 1`).join('\r\n')),
  `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  request('POST', '/orders', BODY, { 'content-encoding': 'gzip' }),
  request('POST', '/orders', '\0'.repeat(100)),
  request('POST', '/orders', 'x', { 'content-length': '5000000' }),
];

/**
 * Bytes that are no HTTP request, or nearly one.
 * @param authorization the header that well-formed requests have
 */
export function malformed(orderIds: string[], authorization: string): Arbitrary<Buffer> {
  const authorized = (text: string) =>
    text.replaceAll(' HTTP/1.1\r\n', ` HTTP/1.1\r\nauthorization: ${authorization}\r\n`);
  const known = KNOWN.map(authorized);
  const wellFormed = [
    POST,
    request('GET', `/orders/${orderIds[0]}`),
    request('POST', `/orders/${orderIds[0]}/retry`),
    request('GET', '/orders?limit=2'),
    chunked(`${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`),
  ];
  const well = fc.constantFrom(...wellFormed.map(authorized));
  const toBytes = (text: string) => Buffer.from(text, 'latin1');
  const bent = fc
    .tuple(well, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 }))
    .map(([text, changes]) => {
      const bytes = toBytes(text);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return bytes;
    });
  return fc.oneof(
    fc.constantFrom(...known).map(toBytes),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    bent,
    fc.tuple(well, fc.nat()).map(([text, at]) => toBytes(text.slice(0, at % text.length))),
    fc
      .array(fc.oneof(well, fc.constantFrom(...known)), { minLength: 2, maxLength: 8 })
      .map((list) => toBytes(list.join(''))),
  );
}
