import type { Book } from './clients/book.ts';
import type { Receiver } from './receiver.ts';
import { until } from './until.ts';

/** As far as the clock is set back, and how long retries may wait then: a back-off and the step are 11 s. */
const STEP_BACK_MS = 10_000;
const PATIENCE_MS = 30_000;
const REFUSALS = 5;

/**
 * The clock is set back while clients go on: what fails from then on is tried again, though the server is never idle.
 * @param step sets the clock of the server
 * @returns what went wrong
 */
export async function stepBackUnderLoad(
  receiver: Receiver,
  book: Book,
  step: (byMs: number) => void,
): Promise<string[]> {
  const someAreRefused = async () => {
    const before = receiver.refusals;
    await until(() => receiver.refusals >= before + REFUSALS, PATIENCE_MS);
    return receiver.toBeTriedAgain;
  };
  /** Those of `ids` that no client took out of the queue. */
  const waiting = (ids: string[]) => {
    const all = new Set(receiver.toBeTriedAgain);
    return ids.filter((id) => all.has(id) && !book.ends(id).includes('Cancelled'));
  };
  step(STEP_BACK_MS);
  const before = await someAreRefused();
  await until(() => waiting(before).length === 0, PATIENCE_MS); // the queue of retries has come as far as the clock
  step(-STEP_BACK_MS);
  const refused = await someAreRefused();
  if (await until(() => waiting(refused).length === 0, PATIENCE_MS)) return [];
  return [
    `retries wait for more than ${PATIENCE_MS} ms after a step of the clock: ${waiting(refused).join(' ')}`,
  ];
}
