import { setTimeout as wait } from 'node:timers/promises';

/** Asks again and again. @returns whether it came true in time */
export async function until(
  condition: () => boolean | Promise<boolean>,
  patienceMs: number,
): Promise<boolean> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await wait(50))
    if (await condition()) return true;
  return false;
}
