import { ConfigError, loadConfig } from '../../config.js';
import { isoInstant } from '../../common/iso.instant.js';
import type { ApiKeyEntity } from '../api-key.entity.js';
import { newToken } from '../api.key.js';
import { KeysTable } from './keys.table.js';
import { readCommand, Refused, type Command } from './options.js';

try {
  const command = readCommand();
  if (command?.name === 'generate') say(newToken().token);
  else if (command) await run(command);
} catch (error) {
  const isExpected = error instanceof Refused || error instanceof ConfigError;
  process.stderr.write(`${isExpected ? error.message : `the keys cannot be changed: ${String(error)}`}\n`);
  process.exitCode = 1;
}

async function run(command: Command): Promise<void> {
  await using keys = await KeysTable.open(loadConfig().DATABASE_URL);
  switch (command.name) {
    case 'create':
      return show(
        await keys.create(
          command.label,
          command.scopes,
          command.lifeMs === null ? null : Date.now() + command.lifeMs,
        ),
      );
    case 'rotate':
      return show(await keys.rotate(command.id, command.overlapMs));
    case 'revoke':
      await keys.revoke(command.id);
      return say(`${command.id} is revoked`);
    case 'purge':
      return say(`${await keys.purge()} deleted`);
    case 'list':
      return list(await keys.list());
    case 'generate':
  }
}

/** The key alone on standard output, for scripts. */
function show(token: string): void {
  process.stderr.write('This is the only time that the key is shown:\n');
  say(token);
}

function list(keys: ApiKeyEntity[]): void {
  const head = ['id', 'state', 'last used', 'scopes', 'name'];
  const rows = keys.map((key) => [key.id, stateOf(key), instant(key.lastUsedAt), key.scopes, key.name]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  for (const row of [head, ...rows])
    say(
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

function stateOf({ revokedAt, expiresAt }: ApiKeyEntity): string {
  if (revokedAt !== null) return `revoked ${instant(revokedAt)}`;
  if (expiresAt === null) return 'valid';
  return `${Number(expiresAt) <= Date.now() ? 'ended' : 'valid until'} ${instant(expiresAt)}`;
}

function instant(at: number | null): string {
  return at === null ? '-' : isoInstant(Number(at));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
