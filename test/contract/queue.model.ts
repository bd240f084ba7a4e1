import fc from 'fast-check';
import type { QueueDriver, QueueEntry } from '../../src/queue/queue.driver.js';

/** One thing that happens to a queue and to the table it serves. `pick` chooses among what is there. */
export type Step =
  | { what: 'accept' | 'loseEnqueue' | 'rewind' }
  | { what: 'cancel' | 'start' | 'complete' | 'retry'; pick: number }
  | { what: 'release'; count: number }
  | { what: 'claim'; limit: number; duringRead: Step[]; readsFirst: boolean };

const nothingToPick = fc.record({ what: fc.constantFrom('accept', 'accept', 'loseEnqueue', 'rewind') });
const picking = fc.record({
  what: fc.constantFrom('cancel', 'start', 'complete', 'complete', 'retry'),
  pick: fc.nat(),
});
const release = fc.record({ what: fc.constant('release'), count: fc.integer({ min: 1, max: 3 }) });
const claim = fc.record({
  what: fc.constant('claim'),
  limit: fc.integer({ min: 1, max: 4 }),
  duringRead: fc.array(fc.oneof(nothingToPick, picking), { maxLength: 6 }),
  readsFirst: fc.boolean(),
});

/** Sequences of steps, some of them while the driver waits for the backlog. */
export const steps = fc.array(
  fc.oneof(
    { arbitrary: nothingToPick, weight: 4 },
    { arbitrary: picking, weight: 2 },
    { arbitrary: release, weight: 1 },
    { arbitrary: claim, weight: 3 },
  ),
  { maxLength: 60, size: 'max' },
) as fc.Arbitrary<Step[]>; // fast-check widens the literals

/** A table of pending entries, and what a driver's promises say about it. `take` checks every claim. */
export class QueueModel {
  /** What is Pending: by id. An entry's id is the position it was accepted at. */
  readonly #table = new Map<number, QueueEntry>();
  readonly #claimed = new Map<number, QueueEntry>();
  /** Released entries in the order in which they must come again. */
  #front: number[] = [];
  /** Never claimed, and enqueued when they were accepted: these must come in queue order. */
  readonly #firstTime = new Set<number>();
  /** Entries that the driver cannot know of until it rewinds or happens to read them. */
  readonly #lost = new Set<number>();
  #positions = 0;
  #lastFirstTime = 0;
  #duringRead: (() => void) | undefined;
  #readsFirst = false;

  constructor(private readonly driver: QueueDriver) {
    driver.open(async (after, limit) => {
      const read = () => this.#read(after, limit);
      const early = this.#readsFirst ? read() : undefined;
      await Promise.resolve();
      this.#duringRead?.();
      this.#duringRead = undefined;
      const entries = early ?? read();
      await Promise.resolve();
      return entries;
    });
  }

  async run(step: Step): Promise<void> {
    if (step.what === 'claim') {
      this.#duringRead = () => step.duringRead.forEach((one) => this.#act(one));
      this.#readsFirst = step.readsFirst;
      await this.claim(step.limit);
      this.#duringRead = undefined;
    } else this.#act(step);
  }

  /** Claims, and checks what came. */
  async claim(limit: number): Promise<QueueEntry[]> {
    const front = this.#front;
    const entries = await this.driver.claim(limit);
    const ids = entries.map(({ id }) => id);
    expect(ids.length).toBeLessThanOrEqual(limit);
    expect(ids.filter((id) => this.#claimed.has(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.slice(0, front.length)).toEqual(front.slice(0, ids.length));
    this.#front = front.slice(ids.length);
    for (const entry of entries) this.#claim(entry);
    if (ids.length < limit)
      expect([...this.#table.keys()].filter((id) => !this.#claimed.has(id) && !this.#lost.has(id))).toEqual(
        [],
      );
    return entries;
  }

  /** Whatever is claimed is done with; then, after a rewind, everything Pending is claimed, once. */
  async finish(): Promise<void> {
    for (const id of this.#claimed.keys()) this.#complete(id);
    this.#rewind();
    const pending = [...this.#table.keys()];
    const seen: number[] = [];
    for (let entries = await this.claim(3); entries.length > 0; entries = await this.claim(3))
      seen.push(...entries.map(({ id }) => id).filter((id) => this.#table.has(id)));
    expect(seen.toSorted((a, b) => a - b)).toEqual(pending.toSorted((a, b) => a - b));
  }

  /** The table is emptied; what the driver still gives is what it held. @returns how many, but for released ones */
  async held(): Promise<number> {
    const released = this.#front.length;
    this.#table.clear();
    let count = 0;
    for (let entries = await this.claim(4); entries.length > 0; entries = await this.claim(4))
      count += entries.length;
    return count - released;
  }

  #act(step: Step): void {
    switch (step.what) {
      case 'accept':
      case 'loseEnqueue':
        return this.#accept(step.what === 'accept');
      case 'rewind':
        return this.#rewind();
      case 'cancel':
        this.#table.delete(pickFrom(this.#unclaimed(), step.pick));
        return;
      case 'start':
        this.#table.delete(pickFrom([...this.#claimed.keys()], step.pick));
        return;
      case 'complete':
        return this.#complete(pickFrom([...this.#claimed.keys()], step.pick));
      case 'retry':
        return this.#retry(pickFrom([...this.#claimed.keys()], step.pick));
      case 'release':
        return this.#release(step.count);
      case 'claim':
        throw new Error('claims must not overlap');
    }
  }

  #read(after: number, limit: number): QueueEntry[] {
    return [...this.#table.values()]
      .filter(({ position }) => position > after)
      .toSorted((a, b) => a.position - b.position)
      .slice(0, limit);
  }

  #accept(isEnqueued: boolean): void {
    const entry = { id: ++this.#positions, position: this.#positions };
    this.#table.set(entry.id, entry);
    (isEnqueued ? this.#firstTime : this.#lost).add(entry.id);
    if (isEnqueued) this.driver.enqueue([entry]);
  }

  #rewind(): void {
    this.driver.rewind();
    this.#lost.clear();
    this.#front.length = 0; // what was released stands at its position in the queue again
  }

  #claim(entry: QueueEntry): void {
    const { id, position } = entry;
    this.#claimed.set(id, entry);
    if (!this.#firstTime.delete(id)) return;
    expect(position).toBeGreaterThan(this.#lastFirstTime);
    this.#lastFirstTime = position;
  }

  /** Those claimed last could not be started. */
  #release(count: number): void {
    const entries = [...this.#claimed.values()].filter(({ id }) => this.#table.has(id)).slice(-count);
    entries.forEach(({ id }) => this.#claimed.delete(id));
    this.#front = [...entries.map(({ id }) => id), ...this.#front];
    this.driver.release(entries);
  }

  #complete(id: number): void {
    this.#table.delete(id);
    if (this.#claimed.delete(id)) this.driver.ack(id);
  }

  /** A failed attempt that may be tried again at once: Pending in its old position. */
  #retry(id: number): void {
    const entry = this.#claimed.get(id);
    if (!entry) return;
    this.#claimed.delete(id);
    this.#table.set(id, entry);
    this.driver.ack(id);
    this.driver.enqueue([entry]);
  }

  #unclaimed(): number[] {
    return [...this.#table.keys()].filter((id) => !this.#claimed.has(id));
  }
}

/** -1, which is no id, when there is nothing to pick from. */
function pickFrom(ids: number[], pick: number): number {
  return ids[pick % ids.length] ?? -1;
}
