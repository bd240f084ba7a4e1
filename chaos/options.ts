import { parseArgs } from 'node:util';
import type { CampaignOptions } from './campaign.ts';

const USAGE = `npm run chaos -- [options]

  --kills <n>                   how often the server is killed (20)
  --rate <n>                    orders a second (300)
  --seed <n>                    the same moments again, as far as the machine does (by the clock)
  --processor simulated|http    who does the work: nobody, or a receiver that counts, refuses and fails (simulated)
  --database <where>            sqlite:<new file>, which is kept; or postgres://… or mysql://…: a server, where the
                                campaign makes a database of its own (a file in a folder of its own)
  --clock-steps                 the server's wall clock is set back and forth by up to 15 s
  --keep                        keeps the database; with a finding it is always kept`;

export interface ChaosOptions extends CampaignOptions {
  database: string | undefined;
  isKept: boolean;
}

/** @throws with the usage text when they make no sense */
export function readOptions(): ChaosOptions {
  const values = parse();
  const [kills, rate, seed] = [values.kills, values.rate, values.seed].map(Number);
  const { processor, database } = values;
  const isValid =
    !values.help && Number.isSafeInteger(kills) && Number(rate) > 0 && Number.isSafeInteger(seed);
  if (!isValid || (processor !== 'simulated' && processor !== 'http')) throw new Error(USAGE);
  if (database && !/^(sqlite:.|(postgres|postgresql|mysql):\/\/)/.test(database)) throw new Error(USAGE);
  return {
    kills: Number(kills),
    rate: Number(rate),
    seed: Number(seed),
    processor,
    database,
    stepsClock: values['clock-steps'],
    isKept: values.keep,
    onKill: (kill) => {
      if (process.stdout.isTTY) process.stdout.write(`\rkill ${kill} `);
      else if (kill % 50 === 0) console.log(`kill ${kill}`);
    },
  };
}

function parse() {
  try {
    return parseArgs({
      options: {
        kills: { type: 'string', default: '20' },
        rate: { type: 'string', default: '300' },
        seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
        processor: { type: 'string', default: 'simulated' },
        database: { type: 'string' },
        'clock-steps': { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${USAGE}`, { cause: error });
  }
}
