import { DataSource } from 'typeorm';
import { databaseOptions } from '../../src/database/database.options.js';
import { Certificates } from '../support/certificates.js';
import { get } from '../support/client.js';
import { OwnMariadb } from '../support/own.mariadb.js';
import { OwnPostgres } from '../support/own.postgres.js';
import { ServerProcess, startInVain } from '../support/server.js';

const canCertify = Certificates.isPossible();
const certificates = canCertify ? new Certificates() : undefined;
afterAll(() => certificates?.remove());

const { ca = '', otherCa = '', certificate = '', key = '' } = certificates ?? {};

/** The session's cipher, as the server tells it: '' without TLS. */
async function cipherOf(url: string): Promise<string> {
  const source = await new DataSource(databaseOptions(url, 1)).initialize();
  try {
    const sql = url.startsWith('postgres')
      ? 'SELECT cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
      : `SELECT VARIABLE_VALUE AS cipher FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'SSL_CIPHER'`;
    const [row] = await source.query<{ cipher: string | null }[]>(sql);
    return row?.cipher ?? '';
  } finally {
    await source.destroy();
  }
}

const mysql = (options: object) => `ssl=${encodeURIComponent(JSON.stringify(options))}`;

/** A server that lets nobody in without TLS, and what may stand in the query of its URL. */
const KINDS = [
  {
    name: 'PostgreSQL',
    isPossible: OwnPostgres.isPossible(),
    create: () => OwnPostgres.create({ certificate, key }),
    trusting: [
      `sslmode=verify-full&sslrootcert=${ca}`,
      'sslmode=no-verify',
      'uselibpqcompat=true&sslmode=require',
    ],
    refused: [
      ['', /no pg_hba\.conf entry .*no encryption/],
      [`sslmode=verify-full&sslrootcert=${otherCa}`, /unable to verify the first certificate/],
      ['sslmode=verify-full', /unable to verify the first certificate/],
      ['sslmode=verify-full&sslrootcert=/nowhere.pem', /ENOENT.*\/nowhere\.pem/],
    ] as const,
    elsewhere: [`sslmode=verify-full&sslrootcert=${ca}`, /does not match certificate's altnames/] as const,
  },
  {
    name: 'MariaDB',
    isPossible: OwnMariadb.isPossible(),
    create: () =>
      OwnMariadb.create([`--ssl-cert=${certificate}`, `--ssl-key=${key}`, '--require-secure-transport=ON']),
    trusting: [
      mysql({ ca, verifyIdentity: true }),
      `ssl={"ca":"${ca}"}`,
      mysql({ rejectUnauthorized: false }),
    ],
    refused: [
      ['', /Access denied/], // all that MariaDB says to a client without TLS
      [mysql({ ca: otherCa }), /unable to verify the first certificate/],
      [mysql({ rejectUnauthorized: true }), /unable to verify the first certificate/],
      [mysql({ ca: '/nowhere.pem' }), /ENOENT.*\/nowhere\.pem/],
      ['ssl=true', /ssl=true must be a JSON object/],
      ['sslmode=require', /may say \?ssl=.*, but not sslmode/],
    ] as const,
    elsewhere: [mysql({ ca, verifyIdentity: true }), /does not match certificate's altnames/] as const,
  },
];

for (const { name, isPossible, create, trusting, refused, elsewhere } of KINDS) {
  const missing = isPossible ? 'openssl' : `the binaries of ${name}`;
  const canRun = isPossible && canCertify;
  if (!canRun && process.env['CI'] === 'true') throw new Error(`${missing}: not on this machine`);
  (canRun ? describe : describe.skip)(`${name} that demands TLS${canRun ? '' : ` (no ${missing})`}`, () => {
    let server: Awaited<ReturnType<typeof create>>;
    const urlWith = (query: string, host = 'localhost') =>
      // '127.1' is 127.0.0.1 and, to TLS, another name

      `${server.url.replace('127.0.0.1', host)}${query && '?'}${query}`;
    beforeAll(async () => (server = await create()), 60_000);
    afterAll(() => server.remove());

    it.each(trusting)('is reached with TLS: %s', async (query) => {
      expect(await cipherOf(urlWith(query))).toMatch(/^TLS_|-GCM-|CHACHA/);
    });

    it('serves a start, and an order', async () => {
      const process = await ServerProcess.start({ DATABASE_URL: urlWith(trusting[0] ?? '') });
      const { status } = await get(`${process.url}/health/ready`);
      await process.stop();
      expect(status).toBe(200);
    });

    it.each(refused)('ends a start with one message and status 1: "%s"', async (query, message) => {
      const { code, said } = await startInVain({ DATABASE_URL: urlWith(query), LOG_LEVEL: 'info' });
      const lines = said.trim().split('\n');
      expect(code).toBe(1);
      expect(lines).toEqual([expect.stringMatching(/cannot start: /)]);
      expect(lines[0]).toMatch(message);
    });

    it('is refused under a name that its certificate does not have', async () => {
      const [query, message] = elsewhere;
      await expect(cipherOf(urlWith(query, '127.1'))).rejects.toThrow(message);
    });
  });
}
