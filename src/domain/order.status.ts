/** All that there is to say about one status. */
interface StatusRule<Name extends string> {
  /** The statuses that may follow; with none, it is final. */
  next: readonly Name[];
  /** What its orders are to the backlog: work that waits for a free slot, work in a slot, or no work. */
  work: 'waiting' | 'running' | 'none';
  /**
   * What entering it means. `starts`: an attempt begins; it gets a number, an owner, a lease and `startedAt`, and the first
   * one ends the order's wait. `completes`: the work is done; `completedAt` is set, the processing time is counted, and
   * the last error is forgotten.
   */
  entering: 'starts' | 'completes' | 'nothing';
}

/** The one status that waits and the one in work: the queue, slots, leases, and their statements and indexes name them. */
interface AtWork {
  Pending: 'waiting';
  Processing: 'running';
}

type RuleOf<Own, Name extends string> = StatusRule<Name> & {
  work: Own extends keyof AtWork ? AtWork[Own] : 'none';
};

/** A `next` that is no status does not compile, nor does a second status that waits or is in work. */
function table<const Name extends string>(rules: { [Own in Name]: RuleOf<Own, NoInfer<Name>> }) {
  return rules as Readonly<Record<Name, StatusRule<Name>>>; // as it was, without its const-ness
}

/**
 * The statuses of an order, in the order in which they are reported: the state machine, and everything that depends on
 * a status. The columns that a transition writes, counters, metrics, filters and the OpenAPI document follow from it.
 */
export const STATUSES = table({
  Pending: { next: ['Processing', 'Cancelled'], work: 'waiting', entering: 'nothing' },
  Processing: { next: ['Completed', 'Pending', 'Failed'], work: 'running', entering: 'starts' },
  Completed: { next: [], work: 'none', entering: 'completes' },
  Failed: { next: ['Pending'], work: 'none', entering: 'nothing' },
  Cancelled: { next: [], work: 'none', entering: 'nothing' },
});

/** Where an order stands. */
export type OrderStatus = keyof typeof STATUSES;

export const ORDER_STATUSES = Object.keys(STATUSES) as OrderStatus[]; // Object.keys forgets the keys' type

/** The statuses that no transition leaves: their orders will never change again. */
export const FINAL_STATUSES = ORDER_STATUSES.filter((status) => STATUSES[status].next.length === 0);

export function isLegal(from: OrderStatus, to: OrderStatus): boolean {
  return STATUSES[from].next.includes(to);
}

/** A person has an order that was given up done anew: its failures and interruptions count no more. */
export function isRedrive(from: OrderStatus, to: OrderStatus): boolean {
  return STATUSES[from].work === 'none' && STATUSES[to].work === 'waiting';
}
