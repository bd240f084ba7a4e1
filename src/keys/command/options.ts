import { parseArgs } from 'node:util';
import { SCOPES, type Scope } from '../../http/access/scopes.js';

const HELP = `Makes, lists and revokes the keys by which clients may call the API, in the database at DATABASE_URL. The server may run.

  npm run keys -- create --scope <scope> [--scope …] [--name <text>] [--days <n>]
                              prints a new key, once: only its hash is kept
  npm run keys -- list        all keys, without their secrets
  npm run keys -- rotate <id> [--overlap <hours>]
                              prints a new key like that one, which ends after the overlap (24)
  npm run keys -- revoke <id> it is refused from now on, by every process within a second
  npm run keys -- purge       deletes the keys that are revoked or have ended
  npm run keys -- generate    prints a key for API_KEYS, and keeps nothing

Scopes:
  orders:read     orders, lists, histories, events
  orders:write    accept orders
  orders:admin    cancel, retry, webhooks
  metrics:read    metrics

As soon as a key was made, every request needs one, but for the pages / and /docs and for /health.
`;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export type Command =
  | { name: 'create'; label: string; scopes: Scope[]; lifeMs: number | null }
  | { name: 'rotate'; id: string; overlapMs: number }
  | { name: 'revoke'; id: string }
  | { name: 'list' | 'purge' | 'generate' };

/** A mistake in what was asked for: its message is for people. */
export class Refused extends Error {}

/** What the command line says; undefined when that was to print the help. @throws Refused */
export function readCommand(): Command | undefined {
  const { values, positionals } = parse();
  const [name, id, ...rest] = positionals;
  if (values.help || name === undefined) {
    process.stdout.write(HELP);
    return undefined;
  }
  const isAboutOne = name === 'revoke' || name === 'rotate';
  if (rest.length > 0 || (id !== undefined) !== isAboutOne)
    throw new Refused(
      isAboutOne ? `${name} needs the id of one key` : `${name} takes no further words; --help says more`,
    );
  switch (name) {
    case 'create':
      return {
        name,
        label: labelOf(values.name),
        scopes: scopesOf(values.scope),
        lifeMs: values.days === undefined ? null : wholeNumber('days', values.days, 36_500) * DAY_MS,
      };
    case 'rotate':
      return { name, id: id ?? '', overlapMs: wholeNumber('overlap', values.overlap, 8760) * HOUR_MS };
    case 'revoke':
      return { name, id: id ?? '' };
    case 'list':
    case 'purge':
    case 'generate':
      return { name };
    default:
      throw new Refused(`there is no command ${name}; --help says more`);
  }
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        scope: { type: 'string', multiple: true, default: [] },
        name: { type: 'string', default: '' },
        days: { type: 'string' },
        overlap: { type: 'string', default: '24' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new Refused((error as Error).message, { cause: error });
  }
}

function scopesOf(given: string[]): Scope[] {
  const names = new Set(given.flatMap((one) => one.split(',')).map((one) => one.trim()));
  for (const name of names)
    if (!SCOPES.some((scope) => scope === name))
      throw new Refused(`--scope must be one of ${SCOPES.join(', ')}, not ${JSON.stringify(name)}`);
  if (names.size === 0) throw new Refused(`create needs at least one --scope: ${SCOPES.join(', ')}`);
  return SCOPES.filter((scope) => names.has(scope));
}

function labelOf(name: string): string {
  if (!/^[^\p{C}]{0,100}$/u.test(name))
    throw new Refused('--name must be at most 100 characters, without control characters');
  return name;
}

function wholeNumber(name: string, text: string, maximum: number): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) > maximum)
    throw new Refused(`--${name} must be a whole number from 0 to ${maximum}`);
  return Number(text);
}
