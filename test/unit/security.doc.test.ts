import { existsSync, readFileSync } from 'node:fs';

const TEXT = readFileSync('SECURITY.md', 'utf8');
const ROWS = TEXT.split('\n').filter((line) => /^\| API\d+ /.test(line));

describe('SECURITY.md', () => {
  it('has a row for each of the ten risks', () => {
    expect(ROWS.map((row) => /API(\d+)/.exec(row)?.[1])).toEqual(
      Array.from({ length: 10 }, (_, index) => `${index + 1}`),
    );
  });

  it.each(ROWS.map((row) => [/API\d+/.exec(row)?.[0], row]))('names tests that there are: %s', (_, row) => {
    const tests = (row?.split('|').at(-2) ?? '').split(';').map((test) => test.trim());
    expect(tests.length).toBeGreaterThan(0);
    for (const test of tests) {
      const [, file = '', title = ''] = /^`(test\/[\w./-]+)`(?: (.+))?$/.exec(test) ?? [];
      expect([test, existsSync(file)]).toEqual([test, true]);
      const source = readFileSync(file, 'utf8').replaceAll("\\'", "'");
      expect([test, source.includes(title)]).toEqual([test, true]);
    }
  });
});
