import { Campaign } from './campaign.ts';
import { check, checkIntegrity, finding } from './checker.ts';
import { createDatabase, openEvidence } from './database.ts';
import { readOptions } from './options.ts';
import { measureRecovery } from './recovery.ts';
import { report } from './report.ts';

const options = orFail(readOptions);
const { kills, rate, seed, processor } = options;
const database = await createDatabase(options.database).catch(fail);
const kind = database.url.slice(0, database.url.indexOf(':'));
const clock = options.stepsClock ? ' · clock steps' : '';
console.log(
  `chaos · ${kills} kills · ${rate} orders/s · processor ${processor} · ${kind}${clock} · seed ${seed}\n`,
);
const campaign = new Campaign(options, database);
process.once('SIGINT', () => {
  console.log('no more kills; Ctrl-C again leaves at once');
  campaign.endEarly();
  process.once('SIGINT', () => process.exit(130));
});
process.once('SIGTERM', () => process.exit(143));
await campaign.run();

const evidence = await openEvidence(database.url);
const findings = [
  ...(await check(evidence.query, campaign.book)),
  ...((await campaign.receiver?.check(evidence.query)) ?? []),
  ...(await campaign.endpoint.check(evidence.query)),
  ...(database.isServer ? [] : [await checkIntegrity(evidence.query)]),
  finding('answers that no client should get', campaign.book.wrong),
  finding('trouble with the server', campaign.troubles),
];
// the instants of a clock that is stepped measure nothing
const recovery = options.stepsClock ? undefined : await measureRecovery(evidence.query, campaign.lives);
console.log(report(campaign, recovery, findings));
await evidence.close();

const isGood = findings.every(({ count }) => count === 0);
if (isGood && !options.isKept) await database.remove();
console.log(
  isGood
    ? `\nEvery promise was kept. Seed ${seed}.`
    : `\nNOT KEPT. Seed ${seed}; the database is ${database.place}`,
);
process.exitCode = isGood ? 0 : 1;

function orFail<Result>(make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    return fail(error as Error);
  }
}

function fail(error: Error): never {
  console.error(error.message);
  process.exit(1);
}
