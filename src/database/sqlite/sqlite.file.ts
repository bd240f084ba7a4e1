import { closeSync, fsyncSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * The real name of the file behind a path, whatever symbolic links lead to it; makes the file and its folders. Every folder
 * entry is synced before the file is used: a power cut that loses the entry would lose the file with all its orders.
 * @throws when the file has hard links: SQLite's log stands beside a name, so each name would have another log
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

/** Identifies a file whatever its name; undefined when there is none. */
export function identityOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true });
  if (first === undefined) return; // all folders existed
  for (let made = folder; ; made = dirname(made)) {
    syncFolder(dirname(made));
    if (made === resolve(first)) return;
  }
}

/** Never opens a file that exists: to close it again would drop all POSIX locks that this process has on it. */
function makeFile(file: string): string {
  if (!statSync(file, { throwIfNoEntry: false })) closeSync(openSync(file, 'a'));
  const real = realpathSync(file);
  syncFolder(dirname(real));
  return real;
}

/** An entry in a folder is on the disk when this returns. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return; // a folder cannot be synced there
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
