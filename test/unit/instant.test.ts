import { isDateTime } from '../../src/http/validation/rules.js';

describe('an instant', () => {
  it.each([
    '2026-01-31T12:00:00Z',
    '2026-01-31t12:00:00.123z',
    '2026-01-31T12:00:00.123456789+01:00',
    '2026-01-31T12:00:00-00:00',
    '2026-01-31T12:00:00+23:59',
    '2024-02-29T23:59:59Z',
  ])('may be %s', (text) => {
    expect(isDateTime(text)).toBe(true);
    expect(Date.parse(text)).not.toBeNaN();
  });

  it.each([
    ['a day that the calendar has not', '2026-02-29T00:00:00Z'],
    ['a leap second, which no Date can say', '2016-12-31T23:59:60Z'],
    ['hour 24', '2026-01-31T24:00:00Z'],
    ['no zone', '2026-01-31T12:00:00'],
    ['a zone without its minutes', '2026-01-31T12:00:00+01'],
    ['a zone without its colon', '2026-01-31T12:00:00+0130'],
    ['a zone of more than a day', '2026-01-31T12:00:00+24:00'],
    ['the blank that a + in a URL becomes', '2026-01-31T12:00:00 01:00'],
    ['a blank for the T', '2026-01-31 12:00:00Z'],
    ['a line break for the T', '2026-01-31\n12:00:00Z'],
    ['a line break behind it', '2026-01-31T12:00:00Z\n'],
    ['no seconds', '2026-01-31T12:00Z'],
    ['a day alone', '2026-01-31'],
    ['a number', '1769860800000'],
    ['nothing', ''],
  ])('may not be %s', (_why, text) => {
    expect(isDateTime(text)).toBe(false);
  });
});
