import type { Scale } from './benchmark.ts';

/**
 * Runs the contestants in turn, A B A B …, and gathers what each gave, round by round. A first round warms them up and
 * is not counted.
 */
export async function alternate<Name extends string, Result>(
  { rounds }: Pick<Scale, 'rounds'>,
  contestants: Record<Name, (round: number) => Promise<Result>>,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(contestants) as Name[]; // Object.keys forgets the keys' type
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Result[]>;
  for (let round = 0; round <= rounds; round++)
    for (const name of names) {
      const result = await contestants[name](round);
      if (round > 0) results[name].push(result);
    }
  return results;
}
