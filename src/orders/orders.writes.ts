import type { Outcome } from '../common/batcher.js';
import type { Receipt } from './order.js';
import type { Move, MovedOrder } from './order.move.js';
import { sizeOf, type NewOrder } from './order.repeat.js';

/** Whose leases are renewed, and for how long. */
export interface Renewal {
  owner: string;
  leaseMs: number;
}

/** Orders whose back-off has ended by `now`: they may start. */
export interface Due {
  seqs: number[];
  now: number;
}

/** One write on its way through the lane. */
export type Write = { insert: NewOrder } | { move: Move } | { renewal: Renewal } | { due: Due };

/** A move says little, and of an error no more than its beginning. */
const MOVE_SIZE = 1000;

/** As `sizeOf` an order. */
export function sizeOfWrite(write: Write): number {
  return 'insert' in write ? sizeOf(write.insert) : MOVE_SIZE;
}

/** What a write comes to: an insert's receipt, the order that moved, nothing. */
export type Written = Receipt | MovedOrder | undefined;

/** The same kinds together, each in the order in which it was asked for. */
export function byKind(writes: Write[]) {
  const kinds = {
    inserts: [] as NewOrder[],
    moves: [] as Move[],
    renewals: [] as Renewal[],
    due: [] as Due[],
  };
  for (const write of writes)
    if ('insert' in write) kinds.inserts.push(write.insert);
    else if ('move' in write) kinds.moves.push(write.move);
    else if ('renewal' in write) kinds.renewals.push(write.renewal);
    else kinds.due.push(write.due);
  return kinds;
}

/** What `byKind` took apart, in the order in which it was asked for. */
export function inTurn(
  writes: Write[],
  receipts: Outcome<Receipt>[],
  moved: (MovedOrder | undefined)[],
): Outcome<Written>[] {
  let inserts = 0;
  let moves = 0;
  return writes.map((write) => {
    if ('renewal' in write || 'due' in write) return { value: undefined };
    if ('move' in write) return { value: moved[moves++] };
    return receipts[inserts++] ?? { error: new Error('an insert without an outcome') };
  });
}
