/**
 * Whether every package in package-lock.json, also those of other platforms, has a licence that this project may be used
 * with. Prints those that have not, with status 1.
 */
import { readFileSync } from 'node:fs';

const ALLOWED = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Zlib',
]);
for (const id of ['CC0-1.0', 'Unlicense', 'Python-2.0']) ALLOWED.add(id);

/** Licences for tools that are used, not passed on with anything. */
const ALLOWED_IN_DEVELOPMENT = new Set(['MPL-2.0', 'CC-BY-4.0']);

/** Old packages that name their licence, MIT, in a form that npm does not take over. */
const SAID_ELSEWHERE = new Set(['busboy', 'streamsearch', 'reserved']);

interface Locked {
  license?: string;
  dev?: boolean;
}

const lockFile = new URL('../package-lock.json', import.meta.url);
const { packages } = JSON.parse(readFileSync(lockFile, 'utf8')) as { packages: Record<string, Locked> };
const installed = Object.entries(packages).filter(([path]) => path !== '');
const refused = installed.filter(([path, locked]) => !isAllowed(nameOf(path), locked));
for (const [path, { license = 'no licence' }] of refused)
  process.stderr.write(`${nameOf(path)}: ${license}\n`);
process.stdout.write(`${installed.length} packages, ${refused.length} with a licence that is not allowed\n`);
if (refused.length > 0) process.exitCode = 1;

/** Of `A OR B` one is enough, of `A AND B` both are needed; the two are not mixed in any package. */
function isAllowed(name: string, { license, dev = false }: Locked): boolean {
  if (license === undefined) return SAID_ELSEWHERE.has(name);
  const ids = license.replaceAll(/[()]/g, '').split(/ (?:OR|AND) /);
  const isOne = (id: string) => ALLOWED.has(id) || (dev && ALLOWED_IN_DEVELOPMENT.has(id));
  return license.includes(' OR ') ? ids.some(isOne) : ids.every(isOne);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
