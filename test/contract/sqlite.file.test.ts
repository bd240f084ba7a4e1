import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { DatabaseUnavailable, type Database } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open.database.js';
import { rows } from '../support/database.file.js';

describe('a SQLite file that is held', () => {
  let folder: string;
  let file: string;
  let holder: Database;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ordermill-'));
    mkdirSync(join(folder, 'data'));
    file = join(folder, 'data', 'orders.sqlite');
    holder = await openDatabase(`sqlite:${file}`);
  });
  afterEach(async () => {
    await holder.onApplicationShutdown();
    rmSync(folder, { recursive: true });
  });
  const mark = (database: Database, slot: number) =>
    database.write(`INSERT INTO order_counters (name, slot, value) VALUES ('mark', ?, 1)`, [slot]);

  it.each<[string, () => string]>([
    ['a symbolic link', () => (symlinkSync(file, join(folder, 'link.sqlite')), join(folder, 'link.sqlite'))],
    [
      'a link to a link',
      () => {
        symlinkSync(file, join(folder, 'first.sqlite'));
        symlinkSync(join(folder, 'first.sqlite'), join(folder, 'second.sqlite'));
        return join(folder, 'second.sqlite');
      },
    ],
    [
      'a linked folder',
      () => (
        symlinkSync(join(folder, 'data'), join(folder, 'linked')),
        join(folder, 'linked', 'orders.sqlite')
      ),
    ],
    [
      'another relative path',
      () => join(relative(process.cwd(), folder), 'data', '..', 'data', 'orders.sqlite'),
    ],
  ])(
    'is not opened a second time, by way of %s',
    async (_, other) => {
      await expect(openDatabase(`sqlite:${other()}`)).rejects.toThrow(
        `${file} is in use by another Ordermill process`,
      );
    },
    20_000,
  );

  it('is not opened by another of its names (hard links), and neither afterwards', async () => {
    linkSync(file, join(folder, 'hard.sqlite'));
    await expect(openDatabase(`sqlite:${join(folder, 'hard.sqlite')}`)).rejects.toThrow(/has 2 names/);
    await mark(holder, 1); // who holds it goes on
    await holder.onApplicationShutdown();
    await expect(openDatabase(`sqlite:${file}`)).rejects.toThrow(/has 2 names/);
    rmSync(join(folder, 'hard.sqlite'));
    holder = await openDatabase(`sqlite:${file}`);
  });

  it.each<[string, () => void]>([
    ['removed', () => rmSync(file)],
    ['replaced', () => (copyFileSync(file, `${file}.copy`), renameSync(`${file}.copy`, file))],
    ['freed by the removal of its lock', () => rmSync(`${file}.lock`)],
  ])('takes no orders that would be lost, and is not ready, once it was %s', async (_, spoil) => {
    await mark(holder, 1);
    await holder.ping();
    spoil();
    await expect(mark(holder, 2)).rejects.toThrow(DatabaseUnavailable);
    await expect(holder.ping()).rejects.toThrow(DatabaseUnavailable);
  });

  it('is made where a dangling link leads', async () => {
    symlinkSync(join(folder, 'data', 'new.sqlite'), join(folder, 'dangling.sqlite'));
    const other = await openDatabase(`sqlite:${join(folder, 'dangling.sqlite')}`);
    await mark(other, 7);
    await other.onApplicationShutdown();
    expect(rows(`sqlite:${join(folder, 'data', 'new.sqlite')}`, 'SELECT slot FROM order_counters')).toEqual([
      { slot: 7 },
    ]);
  });
});
