import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { SimFiles } from './sim.database.js';
import { describeFailure, search } from './schedules.js';

/** So many schedules between two lines of progress; each chunk has a seed of its own. */
const CHUNK = 500;

/** Runs schedules by hand; started by `npm run simulation`. Ends with 1 at the first broken promise. */
const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    path: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
});
const schedules = Number(values.schedules);
const firstSeed = Number(values.seed);
Logger.overrideLogger(false); // the server tells of troubles that are made on purpose
const files = await SimFiles.make();
const began = performance.now();
let failure;
let done = 0;
for (let chunk = 0; done < schedules && !failure; chunk++) {
  const count = Math.min(CHUNK, schedules - done);
  const seed = firstSeed + chunk;
  failure = await search({ files, schedules: count, seed, ...(values.path && { path: values.path }) });
  done += failure ? failure.schedules : count;
  const perSchedule = ((performance.now() - began) / done).toFixed(1);
  if (!values.quiet) process.stderr.write(`\r${done} schedules, ${perSchedule} ms each, seed ${seed} `);
  if (values.path) break;
}
files.remove();
process.stderr.write('\n');
if (failure) console.log(`${describeFailure(failure)}\n\nFound after ${done} schedules.`);
else console.log(`Every promise was kept in ${done} schedules, seeds ${firstSeed} and on.`);
process.exitCode = failure ? 1 : 0;
