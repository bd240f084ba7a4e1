/** An entry of the queue: the number by which its owner knows the work, and its position. Positions are unique. */
export interface QueueEntry {
  id: number;
  position: number;
}

/** Reads the next part of the owner's backlog: entries that may start now, after the position `after`, in queue order. */
export type Backlog = (after: number, limit: number) => Promise<QueueEntry[]>;

/**
 * The seam to a queue: which entry is next. It knows nothing of orders, and its content can be rebuilt from the backlog at
 * any time. Every driver claims in queue order what is enqueued or in the backlog, as far as one process can see it; claims
 * an entry again only after it was acknowledged or released; keeps each entry once; and its memory is bounded.
 */
export abstract class QueueDriver {
  /** Whether it can be claimed from now; while not, a claim throws. */
  abstract readonly isReady: boolean;

  /** Starts to serve `backlog` from its start. Called once, before anything else. */
  abstract open(backlog: Backlog): void;

  /** Adds entries that were just written to the backlog. */
  abstract enqueue(entries: QueueEntry[]): void;

  /** Claims the next entries, at most `limit`; fewer only when there are no more. Calls must not overlap. */
  abstract claim(limit: number): Promise<QueueEntry[]>;

  /** Acknowledges a claimed entry: it is finished, and may be enqueued again. */
  abstract ack(id: number): void;

  /** Gives claimed entries back that could not be started: they are the next again, in the order given. */
  abstract release(entries: QueueEntry[]): void;

  /** Forgets what waits and reads the backlog again from its start, in queue order: repairs whatever was missed. */
  abstract rewind(): void;
}
