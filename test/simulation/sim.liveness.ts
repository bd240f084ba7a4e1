import type { SqliteConnection } from '../../src/database/sqlite/sqlite.connection.js';
import type { World } from './world.js';

/** The tick repairs what went wrong, and looks for what is due by the time of day; a little more is granted. */
const TICK_MS = 1000;
const GRACE_MS = 400;

interface Row {
  seq: number;
  not_before: number | null;
  back_off: number;
}

/** Since when an order may start, as it was first seen. */
interface Seen {
  notBefore: number | null;
  /** By the monotonic clock: when its back-off is over at the latest, and since when the table says it is due. */
  overMs: number;
  dueMs: number | undefined;
}

/**
 * Asked when nothing can go on but by time: with free slots, nothing that may start is Pending. At once, unless something
 * went wrong a moment ago; an order that was delayed, within about a second of the end of its back-off by either clock.
 */
export class Liveness {
  readonly #seen = new Map<number, Seen>();

  constructor(
    private readonly world: World,
    private readonly observer: SqliteConnection,
  ) {}

  look(): void {
    const { world } = this;
    const { process, time, config, executions } = world;
    if (!process?.isReady || process.isStopping || process.isDead) return;
    const pending = this.#pending();
    const isFree = executions.count < config.PROCESSOR_CONCURRENCY;
    const isTrouble = time.monotonicMs <= world.troubleMs + TICK_MS + GRACE_MS;
    this.#forgetAllBut(pending);
    for (const row of pending) {
      const seen = this.#note(row, isFree && !isTrouble);
      if (!isFree || isTrouble) continue;
      if (row.not_before === null) world.blame(`order ${row.seq} is Pending beside free slots`);
      else if (seen.dueMs !== undefined && time.monotonicMs > seen.dueMs + TICK_MS + GRACE_MS)
        world.blame(
          `order ${row.seq} is Pending beside free slots, ${time.monotonicMs - seen.dueMs} ms after it was due`,
        );
      else if (time.monotonicMs > seen.overMs + TICK_MS + GRACE_MS)
        world.blame(
          `order ${row.seq} is Pending, ${time.monotonicMs - seen.overMs} ms after its back-off was over`,
        );
    }
  }

  /** How many orders have not come to their end. */
  open(): number {
    const sql = `SELECT COUNT(*) AS open FROM orders WHERE status IN ('Pending', 'Processing')`;
    return (this.observer.run(sql, []) as { open: number }[])[0]?.open ?? 0;
  }

  /** What the table said of due orders is no longer so. */
  clockWasSet(): void {
    for (const seen of this.#seen.values()) seen.dueMs = undefined;
  }

  clear(): void {
    this.#seen.clear();
  }

  #pending(): Row[] {
    const sql = `SELECT seq, not_before, not_before - updated_at AS back_off FROM orders WHERE status = 'Pending'`;
    return this.observer.run(sql, []) as Row[];
  }

  #note({ seq, not_before: notBefore, back_off: backOff }: Row, counts: boolean): Seen {
    const { time } = this.world;
    let seen = this.#seen.get(seq);
    if (!seen || seen.notBefore !== notBefore) {
      seen = { notBefore, overMs: time.monotonicMs + backOff, dueMs: undefined };
      this.#seen.set(seq, seen);
    }
    if (!counts) {
      seen.dueMs = undefined; // it may be started from the moment on at which there is a slot
      seen.overMs = Math.max(seen.overMs, time.monotonicMs);
    } else if (notBefore !== null && notBefore <= time.now) seen.dueMs ??= time.monotonicMs;
    return seen;
  }

  #forgetAllBut(pending: Row[]): void {
    const still = new Set(pending.map(({ seq }) => seq));
    for (const seq of this.#seen.keys()) if (!still.has(seq)) this.#seen.delete(seq);
  }
}
