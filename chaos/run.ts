import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Campaign, type CampaignOptions } from './campaign.ts';
import { check, checkIntegrity, finding } from './checker.ts';
import { openEvidence } from './database.ts';
import { measureRecovery } from './recovery.ts';
import { report } from './report.ts';

const USAGE =
  'npm run chaos -- --kills <n> [--rate <orders a second>] [--seed <n>] [--processor simulated|http] [--database sqlite:<new file>]';

const options = readOptions();
const { kills, rate, seed, processor, databaseUrl } = options;
console.log(`chaos · ${kills} kills · ${rate} orders/s · processor ${processor} · seed ${seed}\n`);
const campaign = new Campaign(options);
process.once('SIGINT', () => {
  console.log('no more kills; Ctrl-C again leaves at once');
  campaign.endEarly();
  process.once('SIGINT', () => process.exit(130));
});
process.once('SIGTERM', () => process.exit(143));
await campaign.run();

const evidence = openEvidence(databaseUrl);
const findings = [
  ...(await check(evidence.query, campaign.clients)),
  ...((await campaign.receiver?.check(evidence.query)) ?? []),
  await checkIntegrity(evidence.query),
  finding('answers that no client should get', campaign.clients.wrong),
  finding('trouble with the server', campaign.troubles),
];
console.log(report(campaign, await measureRecovery(evidence.query, campaign.lives), findings));
evidence.close();

const isGood = findings.every(({ count }) => count === 0);
const file = databaseUrl.slice('sqlite:'.length);
if (isGood && !options.isKept) rmSync(dirname(file), { recursive: true });
console.log(
  isGood ? `\nEvery promise was kept. Seed ${seed}.` : `\nNOT KEPT. Seed ${seed}; the database is ${file}`,
);
process.exitCode = isGood ? 0 : 1;

function readOptions(): CampaignOptions & { isKept: boolean } {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '20' },
      rate: { type: 'string', default: '300' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      processor: { type: 'string', default: 'simulated' },
      database: { type: 'string' },
    },
  });
  const [kills, rate, seed] = [values.kills, values.rate, values.seed].map(Number);
  const { processor, database } = values;
  const isValid = Number.isSafeInteger(kills) && Number(rate) > 0 && Number.isSafeInteger(seed);
  if (!isValid || (processor !== 'simulated' && processor !== 'http')) fail(USAGE);
  if (database && !database.startsWith('sqlite:'))
    fail(`--database ${database}: must be sqlite:<path of a new file>`);
  if (database && existsSync(database.slice('sqlite:'.length))) fail(`${database}: exists already`);
  const folder = () => mkdtempSync(join(tmpdir(), 'ordermill-chaos-'));
  return {
    kills: Number(kills),
    rate: Number(rate),
    seed: Number(seed),
    processor,
    databaseUrl: database ?? `sqlite:${join(folder(), 'orders.sqlite')}`,
    isKept: database !== undefined,
    onKill: (kill) => {
      if (process.stdout.isTTY) process.stdout.write(`\rkill ${kill} `);
      else if (kill % 50 === 0) console.log(`kill ${kill}`);
    },
  };
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
