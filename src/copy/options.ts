import { parseArgs } from 'node:util';
import { Refused } from './refusal.js';

const HELP = `Copies all orders from one database to another, of whatever kind, and verifies that they are the same.

  npm run db:copy -- --from <url> --to <url> [options]

  --from <url>   sqlite:<path of a file>, postgres://… or mysql://…
  --to <url>     the same. Empty (the tables are made), or a copy that was cut off or is out of date
  --verify       copies nothing, only compares
  --chunk <n>    orders that are compared, and replaced if they differ, in one go (2000)
  --help         this text

It may be interrupted at any moment: the same command goes on from there. Run again, it copies only what has changed. So
from PostgreSQL, MySQL or MariaDB a first copy can be made while processes run on it; stop them all before the last one.
A SQLite file must not be in use. Start nothing on the target before the exit status is 0.

The exit status is 0 only when everything was found equal.
`;

export interface CopyOptions {
  from: string;
  to: string;
  isVerifying: boolean;
  chunkSize: number;
}

const URLS = /^(sqlite:.+|(postgres|postgresql|mysql):\/\/\S+)$/;

/** What the command line says; undefined when that was to print the help. @throws with one line that says what is wrong */
export function readOptions(): CopyOptions | undefined {
  const { values } = parseArgs({
    options: {
      from: { type: 'string', default: '' },
      to: { type: 'string', default: '' },
      verify: { type: 'boolean', default: false },
      chunk: { type: 'string', default: '2000' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  for (const name of ['from', 'to'] as const)
    if (!URLS.test(values[name]))
      throw new Refused(
        `--${name} must be sqlite:<path of a file>, postgres://… or mysql://…; --help says more.`,
      );
  if (!/^[1-9]\d{0,3}$/.test(values.chunk))
    throw new Refused('--chunk must be a whole number from 1 to 9999.');
  return { from: values.from, to: values.to, isVerifying: values.verify, chunkSize: Number(values.chunk) };
}
