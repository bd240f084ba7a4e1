import { databaseFile, given, run } from './command.js';
import { restore } from './restore.js';

const HELP = `Puts a file that npm run backup has made in the place of the SQLite file of DATABASE_URL. Stop the server before.

  npm run restore -- --from <file>

  --from <file>   it is checked and copied, and stays as it is
  --help          this text

The file that was there before is kept beside it.`;

await run(HELP, { from: { type: 'string' } }, async ({ from }) => {
  const name = given(from, '--from');
  const file = databaseFile();
  const { orders, kept } = await restore(name, file);
  return `${orders} orders restored into ${file}${kept ? `; what was there before is ${kept}` : ''}`;
});
