import fc from 'fast-check';
import { withoutPassword } from '../../src/common/secret.url.js';
import { ConfigError, parseConfig } from '../../src/config.js';

const word = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,9}$/);
const scheme = fc.constantFrom(
  'postgres',
  'postgresql',
  'mysql',
  'redis',
  'rediss',
  'http',
  'https',
  'oracle',
);
/** Any text, and more often than by chance what URLs are made of. */
const password = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('@', '/', '?', '#', ':', '//', '@db', '%', '[', ']', ' ', '\n'),
    ),
  )
  .map((parts) => parts.join(''));
const place = fc
  .tuple(word, fc.option(fc.nat(65_535)), fc.option(word))
  .map(([host, port, name]) => `${host}${port === null ? '' : `:${port}`}${name === null ? '' : `/${name}`}`);

describe('a URL with a password, in a log', () => {
  it('is one of two texts, whatever the password is', () => {
    fc.assert(
      fc.property(scheme, word, password, place, (protocol, user, secret, where) => {
        const shown = withoutPassword(`${protocol}://${user}:${secret}@${where}`);
        expect([`${protocol}://${user}:***@${where}`, `${protocol}://***`]).toContain(shown);
      }),
      { numRuns: 3000 },
    );
  });

  it('is one of two texts, whatever a password in its query is', () => {
    fc.assert(
      fc.property(scheme, password, place, (protocol, secret, where) => {
        const shown = withoutPassword(`${protocol}://${where}?user=me&password=${secret}`);
        expect([`${protocol}://${where}?***`, `${protocol}://***`]).toContain(shown);
      }),
      { numRuns: 3000 },
    );
  });

  it('shows nothing of it in the refusal of a configuration either', () => {
    const key = fc.constantFrom('DATABASE_URL', 'REDIS_URL', 'PROCESSOR_URL');
    fc.assert(
      fc.property(key, scheme, password, place, (name, protocol, secret, where) => {
        const said = refusalOf({ [name]: `${protocol}://me:${secret}@${where}` });
        const value = /^ {2}\w+="(.*)": must be/.exec(said.split('\n')[1] ?? '')?.[1] ?? `${protocol}://***`;
        expect([`${protocol}://me:***@${where}`, `${protocol}://***`]).toContain(value);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['postgres://me:p@ss@db/orders', 'postgres://me:***@db/orders'],
    ['postgres://me:p/w@db:5432/orders', 'postgres://me:***@db:5432/orders'],
    ['redis://:p@ss/w:rd@[::1]:6379/0', 'redis://:***@[::1]:6379/0'],
    ['https://token@host/hook', 'https://***@host/hook'],
    ['postgres://me:pass?word@db/orders', 'postgres://***'],
    ['postgres://db/orders?password=p@ss', 'postgres://***'],
    ['postgres://me:secret', 'postgres://***'],
    ['me:secret@db', '***'],
    ['postgres://db:5432/orders', 'postgres://db:5432/orders'],
    ['sqlite:./data/orders@home.sqlite', 'sqlite:./data/orders@home.sqlite'],
  ])('%s is %s', (url, shown) => expect(withoutPassword(url)).toBe(shown));

  it.each([
    { DATABASE_URL: 'postgres://me:p@s/w@db/orders' },
    { DATABASE_URL: 'mysql://me:p@s?w@db/orders' },
    { REDIS_URL: 'redis://:p@s#w@redis' },
    { PROCESSOR_URL: 'https://me:p/w@host/hook' },
  ])('is refused where a driver would take a part of the password for the host: %j', (environment) => {
    expect(refusalOf(environment)).toContain('special characters of user and password');
  });

  it.each([
    { DATABASE_URL: 'postgres://me:p%40s%2Fw@db/orders' },
    { DATABASE_URL: 'postgres://me:p@ss@db/orders' },
    { PROCESSOR_URL: 'https://host/@me/hook?to=a@b' },
  ])('is taken where it is clear: %j', (environment) =>
    expect(parseConfig(environment)).toMatchObject(environment),
  );
});

function refusalOf(environment: Record<string, string>): string {
  try {
    parseConfig(environment);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}
