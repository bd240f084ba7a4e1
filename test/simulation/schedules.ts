import fc from 'fast-check';
import { actions, type Action } from './sim.clients.js';
import type { SimFiles } from './sim.database.js';
import { Violation, World } from './world.js';

/** A schedule that broke a promise: the smallest that was found, and what repeats it. */
export interface Failure {
  seed: number;
  path: string;
  /** How many schedules ran until the first one failed. */
  schedules: number;
  message: string;
  actions: Action[];
  trace: string[];
}

export interface Search {
  files: SimFiles;
  schedules: number;
  seed: number;
  path?: string;
  /** As of `World`. */
  replaced?: () => [unknown, unknown][];
}

/** Runs so many schedules. @returns the first that breaks a promise, made smaller; undefined when none does */
export async function search({
  files,
  schedules,
  seed,
  path,
  replaced,
}: Search): Promise<Failure | undefined> {
  let last: Violation | undefined;
  const chance = fc.noShrink(fc.integer());
  const property = fc.asyncProperty(actions, chance, async (list, draw) => {
    const world = new World(files.create(), draw, replaced?.());
    await world.run(list).catch((error: unknown) => {
      if (error instanceof Violation) last = error;
      throw error;
    });
  });
  const details = await fc.check(property, { numRuns: schedules, seed, ...(path && { path }) });
  if (!details.failed) return undefined;
  if (!details.counterexample || !last) throw details.errorInstance;
  return {
    seed,
    path: details.counterexamplePath ?? '',
    schedules: details.numRuns,
    message: last.message,
    actions: details.counterexample[0],
    trace: last.trace,
  };
}

/** A failure for people. */
export function describeFailure({ seed, path, schedules, message, actions: list, trace }: Failure): string {
  return [
    `A promise was broken in schedule ${schedules} of seed ${seed}: ${message}`,
    '',
    ...trace.map((line) => `  ${line}`),
    '',
    `  actions: ${JSON.stringify(list)}`,
    `Again: npm run simulation -- --seed ${seed} --path ${path}`,
  ].join('\n');
}
