import { cpuMsOf } from './cpu.ts';
import type { Server } from './server.ts';

/** Does so many, and returns microseconds of CPU time of the server's process for each. */
export type Work = (count: number) => Promise<number>;

/** As many times what is counted is done before, until V8 has compiled what it will: that is once for a process. */
const WARM_UP = 3;

/** Microseconds of CPU time of the server's process for each of `count`. */
export async function cost(server: Server, count: number, work: () => Promise<unknown>): Promise<number> {
  const beforeMs = cpuMsOf(server.pid);
  await work();
  return ((cpuMsOf(server.pid) - beforeMs) * 1000) / count;
}

/**
 * Lets the programs do a slice of the work in turn, A B B A …, so that a moment in which the machine is slow hits all of
 * them; the first slices warm them up and are not counted. @returns each one's mean
 */
export async function inSlices(
  slices: number,
  count: number,
  work: Record<string, Work>,
): Promise<Record<string, number>> {
  const turns = Object.entries(work);
  const means = Object.fromEntries(turns.map(([name]) => [name, 0]));
  for (const [, run] of turns) await run(WARM_UP * count);
  for (let slice = 0; slice < slices; slice++, turns.reverse())
    for (const [name, run] of turns) means[name] = (means[name] ?? 0) + (await run(count / slices)) / slices;
  return means;
}
