/** What stands in the queue: a number that the owner knows the work by, and its position. No two share a position. */
export interface QueueEntry {
  id: number;
  position: number;
}

/** Reads the owner's backlog on: entries that may start now, with a position greater than `after`, in queue order. */
export type Backlog = (after: number, limit: number) => Promise<QueueEntry[]>;

/**
 * Which entry is next. Knows nothing of what the entries stand for; its content can be rebuilt from the backlog at any
 * time, so nothing is lost with it. Every driver promises:
 *
 * - what was enqueued, or is in the backlog, is claimed in queue order, as far as one process can see the queue;
 * - a claimed entry is not claimed again until it was acknowledged or released;
 * - an entry that is there already is not taken twice;
 * - memory is bounded, however long the backlog.
 */
export abstract class QueueDriver {
  /** Starts to serve `backlog` from its beginning. Called once, before anything else. */
  abstract open(backlog: Backlog): void;

  /** Adds entries that were just written to the backlog. */
  abstract enqueue(entries: QueueEntry[]): void;

  /** The next entries, at most `limit`; fewer only when no more are there. Calls must not overlap. */
  abstract claim(limit: number): Promise<QueueEntry[]>;

  /** The entry is done with; it may be enqueued anew. */
  abstract ack(id: number): void;

  /** Claimed entries that could not be started: they are the next again, in the order given. */
  abstract release(entries: QueueEntry[]): void;

  /** Forgets what waits and reads the backlog again from its beginning: repairs whatever was missed, in queue order. */
  abstract rewind(): void;
}
