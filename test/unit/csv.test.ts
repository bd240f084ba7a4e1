import fc from 'fast-check';
import type { OrderDto } from '../../src/orders/dto/order.dto.js';
import { CSV_HEADER, toCsvLine } from '../../src/orders/export/csv.js';
import { exportFormat } from '../../src/orders/export/export.format.js';

const ORDER = {
  order_id: 'order-1',
  user_id: 'user-1',
  item_ids: ['item-1', 'item-2'],
  total_amount: 29.99,
  status: 'Completed' as const,
  attempts: 1,
  error: null,
  created_at: '2026-01-31T12:00:00.000Z',
  started_at: null,
  completed_at: null,
  updated_at: '2026-01-31T12:00:00.000Z',
} satisfies OrderDto;

/** A reader of its own, of RFC 4180: one line to its fields. */
function parse(line: string): string[] {
  expect(line.endsWith('\r\n')).toBe(true);
  const fields = [...line.slice(0, -2).matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/gy)];
  expect(fields.map(([text]) => text).join('')).toBe(line.slice(0, -2));
  return fields.map(([, quoted, bare = '']) => quoted?.replaceAll('""', '"') ?? bare);
}

describe('an order as a line of CSV', () => {
  it('has a field for each name in the header', () => {
    expect(toCsvLine(ORDER)).toBe(
      'order-1,user-1,"[""item-1"",""item-2""]",29.99,Completed,1,,,2026-01-31T12:00:00.000Z,,,2026-01-31T12:00:00.000Z\r\n',
    );
    expect(parse(CSV_HEADER)).toHaveLength(parse(toCsvLine(ORDER)).length);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '\uFF1D1'])(
    'has an apostrophe before what begins a formula: %j',
    (text) => {
      const line = toCsvLine({ ...ORDER, user_id: text, error: { code: text, message: text, attempt: 1 } });
      const fields = parse(line);
      expect([fields[1], fields[6], fields[7]]).toEqual([`'${text}`, `'${text}`, `'${text}`]);
    },
  );

  it('keeps any other text as it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.array(fc.string()),
        (user_id, item_ids) => {
          const fields = parse(toCsvLine({ ...ORDER, user_id, item_ids }));
          expect(fields).toHaveLength(12);
          expect([user_id, `'${user_id}`]).toContain(fields[1]);
          expect(/^[^=+\-@\t\r\n]/.test(fields[1] ?? '') || fields[1] === '').toBe(true);
          expect(JSON.parse(fields[2] ?? '')).toEqual(item_ids);
        },
      ),
    );
  });
});

describe('the format of an export', () => {
  it.each([
    [undefined, undefined, 'application/x-ndjson'],
    [undefined, '*/*', 'application/x-ndjson'],
    [undefined, 'text/html', 'application/x-ndjson'],
    [undefined, 'text/csv', 'text/csv'],
    [undefined, 'text/*', 'text/csv'],
    [undefined, 'text/csv;q=0.5, application/x-ndjson', 'application/x-ndjson'],
    ['csv', 'application/x-ndjson', 'text/csv'],
    ['ndjson', 'text/csv', 'application/x-ndjson'],
  ] as const)('is, for format=%s and Accept: %s, %s', (name, accept, type) => {
    expect(exportFormat(name, accept).contentType.split(';')[0]).toBe(type);
  });
});
