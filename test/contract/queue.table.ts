import type { QueueDriver, QueueEntry } from '../../src/queue/queue.driver.js';

export const entry = (id: number): QueueEntry => ({ id, position: id });

export const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

export const idsOf = (claimed: QueueEntry[]) => claimed.map(({ id }) => id);

/** Claims until nothing comes, and acknowledges nothing: whatever came twice would show. */
export async function drain(driver: QueueDriver, limit: number): Promise<number[]> {
  const all: number[] = [];
  for (let ids = idsOf(await driver.claim(limit)); ids.length > 0; ids = idsOf(await driver.claim(limit)))
    all.push(...ids);
  return all;
}

/** A table of pending entries, which a test may change, and how a driver reads it. */
export function tableOf(ids: number[]) {
  const table = new Map(ids.map((id) => [id, entry(id)]));
  const read = (after: number, limit: number) =>
    [...table.values()]
      .filter(({ position }) => position > after)
      .toSorted((a, b) => a.position - b.position)
      .slice(0, limit);
  return { table, read };
}
