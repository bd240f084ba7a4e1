/** Where an order stands. Completed and Cancelled are final; Failed waits for a person. */
export type OrderStatus = 'Pending' | 'Processing' | 'Completed' | 'Failed' | 'Cancelled';

/** The state machine, all of it: from each status, the ones that may follow. */
export const TRANSITIONS = {
  Pending: ['Processing', 'Cancelled'],
  Processing: ['Completed', 'Pending', 'Failed'],
  Completed: [],
  Failed: ['Pending'],
  Cancelled: [],
} as const satisfies Record<OrderStatus, readonly OrderStatus[]>;

export const ORDER_STATUSES = Object.keys(TRANSITIONS) as OrderStatus[]; // Object.keys forgets the keys' type

export function isLegal(from: OrderStatus, to: OrderStatus): boolean {
  return (TRANSITIONS[from] as readonly OrderStatus[]).includes(to);
}
