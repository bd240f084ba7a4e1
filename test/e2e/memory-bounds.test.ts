import { readFileSync } from 'node:fs';
import { temporaryDatabase } from '../support/app.js';
import { ATTACKS } from '../support/attacks.js';
import { anOrder } from '../support/client.js';
import { KeptConnection } from '../support/kept.js';
import { ServerProcess } from '../support/server.js';

const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  scripts: Record<string, string>;
};
/** As `npm start` has them. */
const FLAGS = scripts['start']?.match(/--\S+/g) ?? [];

/** What the process took at most so far, in MiB. */
function peakMib({ process: { pid } }: ServerProcess): number {
  const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

describe('what a client can make the server hold', () => {
  const database = temporaryDatabase();
  afterAll(() => database.remove());

  it.each(ATTACKS)(
    'is bounded, and others are served meanwhile: $name',
    async ({ name, boundMib, mount }) => {
      expect(FLAGS).toContain('--max-old-space-size=512');
      const server = await ServerProcess.start({ DATABASE_URL: database.url, PROCESSING_TIME_MS: 0 }, FLAGS);
      const port = Number(new URL(server.url).port);
      try {
        const attackers = await mount({ url: server.url, port });
        for (let served = 0; served < 50; served++) {
          const other = new KeptConnection(`${server.url}/orders`);
          expect((await other.post(anOrder())).status).toBe(201);
          other.close();
        }
        const peak = peakMib(server);
        if (process.env['SHOW_PEAKS']) process.stdout.write(`${name}: ${peak} MiB of ${boundMib}\n`);
        for (const socket of attackers) socket.destroy();
        expect(peak).toBeLessThan(boundMib);
        expect(server.process.exitCode).toBeNull();
      } finally {
        await server.kill();
      }
    },
    120_000,
  );
});
