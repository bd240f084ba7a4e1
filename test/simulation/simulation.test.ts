import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import { MemoryQueueDriver } from '../../src/queue/memory.driver.js';
import { QueueDriver, type QueueEntry } from '../../src/queue/queue.driver.js';
import { MUTANTS } from './mutants.js';
import { describeFailure, search } from './schedules.js';
import { SimFiles } from './sim.database.js';

/** A queue that forgets every third order: what the simulator is to find. */
class ForgetfulDriver extends MemoryQueueDriver {
  override enqueue(entries: QueueEntry[]): void {
    super.enqueue(entries.filter(({ id }) => id % 3 !== 0));
  }
}

let files: SimFiles;
beforeAll(async () => {
  Logger.overrideLogger(false);
  files = await SimFiles.make();
});
afterAll(() => files.remove());

/** What the command says: a process of its own, whose turns are those of the simulation alone. */
async function simulate(...options: string[]): Promise<string> {
  const child = spawn(process.execPath, ['bin/simulation.ts', ...options], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += String(data)));
  await once(child, 'exit');
  return said;
}

describe('in a simulation of the server, with faults, crashes and steps of the clock,', () => {
  it('every promise is kept in 2,000 schedules', async () => {
    expect(await simulate('--schedules', '2000', '--seed', '42')).toContain(
      'Every promise was kept in 2000 schedules',
    );
  }, 300_000);
});

describe('a server that is broken on purpose', () => {
  const forgetful = {
    schedules: 500,
    seed: 7,
    replaced: () => [[QueueDriver, new ForgetfulDriver()]] as [unknown, unknown][],
  };

  it('fails in the same way with the same seed, and with the path of the failure at once', async () => {
    const first = await search({ files, ...forgetful });
    const second = await search({ files, ...forgetful });
    expect(first).toBeDefined();
    expect(second).toEqual(first);
    const again = await search({ files, ...forgetful, path: first?.path ?? '' });
    expect(again).toMatchObject({ message: first?.message, actions: first?.actions, trace: first?.trace });
  }, 60_000);

  it('fails with few actions in the end, and says which', async () => {
    const failure = await search({ files, ...forgetful });
    expect(failure?.message).toMatch(/is Pending beside free slots/);
    expect(failure?.actions.length).toBeLessThanOrEqual(4);
    expect(failure && describeFailure(failure)).toMatch(/BROKEN[^]*--seed 7 --path /);
  }, 60_000);

  it.each(['lost-wake-up', 'out-of-turn', 'clock-steps'])(
    'is found out: %s',
    async (name) => {
      expect(Object.keys(MUTANTS)).toContain(name);
      const said = await simulate('--mutant', name, '--schedules', '20000');
      expect(said).toMatch(/A promise was broken in schedule/);
    },
    300_000,
  );
});
