import { closeSync, fsyncSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * The file behind a path, made if it is not there: its one real name, whatever links lead to it. All that is made on the
 * way is on the disk before it is used: a file whose folder's entry was lost with the power is lost with all its orders.
 * @throws when other names lead to the same file (hard links): SQLite's log lies beside a name, and would be another
 */
export function realFile(path: string): string {
  makeFolder(dirname(resolve(path)));
  const name = makeFile(resolve(path));
  const { nlink } = statSync(name);
  if (nlink > 1)
    throw new Error(
      `${name} has ${nlink} names (hard links), of which each would have a log of its own; SQLite needs a file with one`,
    );
  return name;
}

/** What tells a file from all others, whatever its name; undefined when there is none. */
export function identityOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return; // it was there
  for (let made = folder; ; made = dirname(made)) {
    syncFolder(dirname(made));
    if (made === resolve(first)) return;
  }
}

/** Opened only when it is made: to close a file takes the locks away that this process has on it. */
function makeFile(file: string): string {
  if (!statSync(file, { throwIfNoEntry: false })) closeSync(openSync(file, 'a'));
  const real = realpathSync(file);
  syncFolder(dirname(real));
  return real;
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return; // it has no way to
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
