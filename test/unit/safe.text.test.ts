import fc from 'fast-check';
import { safeError, safeMessage } from '../../src/logging/safe.text.js';

describe('a text in the log', () => {
  it.each([
    ['a secret of a webhook', 'signed with whsec_c2VjcmV0c2VjcmV0c2VjcmV0', 'signed with whsec_***'],
    ['a token', 'Authorization: Bearer abc.def-ghi, next', 'Authorization: Bearer ***, next'],
    ['basic credentials', 'basic dXNlcjpwYXNz', 'basic ***'],
    [
      'a password in a URL',
      'connect postgres://me:p@ss/w@db:5432/x failed',
      'connect postgres://***@db:5432/x failed',
    ],
    ['a key in an error of MySQL', `Duplicate entry 'k'ey' for key 'i'`, `Duplicate entry '***' for key 'i'`],
    ['lines', 'one\r\n{"level":"fatal"}', 'one {"level":"fatal"}'],
    ['escapes of a terminal', 'a\u001b[2Jb\u009b31mc', 'a [2Jb 31mc'],
    ['a changed direction', 'a\u202eb\u2066c', 'a b c'],
    ['line ends of Unicode', 'a\u2028b\u2029c\u0085d', 'a b c d'],
  ])('holds no %s', (_, text, safe) => {
    expect(safeMessage(text)).toBe(safe);
  });

  it('is as it was when nothing is wrong with it', () => {
    const text = 'order order-1, attempt 2: der Händler 商店 antwortet nicht → später';
    expect(safeMessage(text)).toBe(text);
  });

  it('is bounded, and one line that a terminal shows as it is, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (text) => {
        expect(safeMessage(text)).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
        expect(String(safeMessage(text.repeat(10))).length).toBeLessThanOrEqual(1001);
      }),
    );
  });

  it('does not end within a password that was cut off', () => {
    const url = `mysql://me:${'p'.repeat(2000)}@db/x`;
    expect(safeMessage(`cannot use ${url}`)).toBe('cannot use mysql://***@db/x');
  });
});

describe('an error in the log', () => {
  it('has its name, message, code and stack, and nothing that a driver added', () => {
    const error = Object.assign(new TypeError('no\nway'), {
      code: 'E_NO',
      parameters: ['secret'],
      sql: 'INSERT secret',
    });
    const told = safeError(error);
    expect(told).toEqual({
      type: 'TypeError',
      message: 'no way',
      code: 'E_NO',
      stack: expect.stringContaining('safe.text.test'),
    });
  });

  it('has its causes, of which there may be a circle', () => {
    const error = new Error('outer', { cause: new Error('inner whsec_abcdefgh') });
    (error.cause as Error).cause = error;
    const text = JSON.stringify(safeError(error));
    expect(text).toContain('inner whsec_***');
    expect(text.length).toBeLessThan(40_000);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['text', 'text'],
    [7, '7'],
    [{ a: 1 }, '[object Object]'],
  ])('may be no error: %p', (thrown, message) => {
    expect(safeError(thrown)).toEqual({ type: typeof thrown, message });
  });

  it('keeps the lines of its stack, and no other control character', () => {
    const error = new Error('x');
    error.stack = `Error: a\u001b[31m\n    at b\r\n\u202e`;
    expect(safeError(error).stack).toBe('Error: a [31m\n    at b \n ');
  });
});
