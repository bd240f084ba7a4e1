import { backUp } from './backup.js';
import { databaseFile, given, run } from './command.js';

const HELP = `Saves the SQLite file of DATABASE_URL, as of one moment, also while the server runs.

  npm run backup -- --to <file> [--force]

  --to <file>   a new file; nothing is there under this name before all of it is on the disk and was checked
  --force       replaces a file of this name
  --help        this text`;

await run(HELP, { to: { type: 'string' }, force: { type: 'boolean' } }, async ({ to, force }) => {
  const name = given(to, '--to');
  const orders = await backUp(databaseFile(), name, force === true);
  return `${orders} orders saved in ${name}`;
});
