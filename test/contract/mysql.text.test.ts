import fc from 'fast-check';
import { openDatabase } from '../../src/database/open.database.js';
import { until } from '../support/client.js';
import { withDatabase } from '../support/ledger.js';
import { OwnMariadb } from '../support/own.mariadb.js';
import { aRequest, openStore, type OpenStore } from '../support/store.js';

/** Where client-side escaping goes wrong, if the server reads text in another way than the client writes it. */
const HOSTILE = [
  '--sql-mode=NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT,IGNORE_SPACE',
  '--character-set-server=gbk', // whose second byte of a character may be a backslash
  '--skip-character-set-client-handshake', // it takes no word from a client about its charset
  '--transaction-isolation=SERIALIZABLE',
];

const NASTY =
  `' " \` \\ % _ ; # - / * ? @ : $ | & ( ) \\' \\" '' -- /* */ OR 1=1 뿯 運 ß é 😀 \u00bf \u5c00 a A`
    .split(' ')
    .concat(' ');

const nasty = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'grapheme', maxLength: 2 })), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => parts.join('').replaceAll(/[\p{Cc}\p{Cs}]/gu, '') || 'x');

(OwnMariadb.isPossible() ? describe : describe.skip)('text on a server with other rules for it', () => {
  let mariadb: OwnMariadb;
  let opened: OpenStore;
  beforeAll(async () => {
    mariadb = await OwnMariadb.create(HOSTILE);
    const letsIn = () => withDatabase(mariadb.url, (query) => query('SELECT 1')).then(Boolean, () => false);
    await until(letsIn, Boolean); // it listens before that
    opened = await openStore(async () => ({
      database: await openDatabase(mariadb.url, 5),
      remove: () => mariadb.remove(),
    }));
  }, 60_000);
  afterAll(() => opened.close());

  it('goes by the rules of every session, not of the server', async () => {
    const { read } = opened.database;
    const [row] = await read<Record<string, string>>(
      'SELECT @@sql_mode AS mode, @@character_set_client AS charset, @@character_set_connection AS connection, @@tx_isolation AS isolation',
    );
    expect(row).toEqual({
      mode: 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
      charset: 'utf8mb4',
      connection: 'utf8mb4',
      isolation: 'READ-COMMITTED',
    });
  });

  it.each([
    `' OR 1=1 -- \\' " \\`,
    `\\`,
    `\\'; DROP TABLE orders; -- `,
    `\u00bf' OR 1=1 -- `,
    `뿯\\' OR '1'='1`,
  ])('is stored and returned as it is, and asked for as it is: %s', async (text) => {
    const { store, reader } = opened;
    const [other, mine] = [
      await store.insert(aRequest()),
      await store.insert(aRequest({ userId: text, itemIds: [text, 'x'] })),
    ];
    expect(await reader.get(mine.orderId)).toMatchObject({ userId: text, itemIds: [text, 'x'] });
    expect((await reader.list({ userId: text }, undefined, 10)).orders.map(({ orderId }) => orderId)).toEqual(
      [mine.orderId],
    );
    expect(await reader.get(text)).toBeUndefined();
    await store.transition({
      seq: mine.seq,
      from: 'Pending',
      to: 'Cancelled',
      at: 2_000_000_000_000,
      reason: text,
    });
    expect((await reader.history(mine.orderId)).at(-1)).toMatchObject({ to: 'Cancelled', reason: text });
    expect((await reader.get(other.orderId))?.status).toBe('Pending');
  });

  it('of any nasty kind is stored and returned as it is', async () => {
    const { store, reader } = opened;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(nasty, nasty), { minLength: 1, maxLength: 20 }), async (texts) => {
        const orders = texts.map(([userId, item]) => aRequest({ userId, itemIds: [item] }));
        const receipts = await Promise.all(orders.map((order) => store.insert(order)));
        for (const [index, { orderId }] of receipts.entries()) {
          const { userId, itemIds } = orders[index] ?? {};
          expect(await reader.get(orderId)).toMatchObject({ userId, itemIds });
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
