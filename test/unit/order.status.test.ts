import { isLegal, ORDER_STATUSES, TRANSITIONS } from '../../src/orders/order.status.js';

describe('the state machine of orders', () => {
  it('has five statuses', () => {
    expect(ORDER_STATUSES).toEqual(['Pending', 'Processing', 'Completed', 'Failed', 'Cancelled']);
  });

  it('has the transitions of the contract and no other', () => {
    const legal = ORDER_STATUSES.flatMap((from) =>
      ORDER_STATUSES.filter((to) => isLegal(from, to)).map((to) => `${from} → ${to}`),
    );
    expect(legal).toEqual([
      'Pending → Processing',
      'Pending → Cancelled',
      'Processing → Pending',
      'Processing → Completed',
      'Processing → Failed',
      'Failed → Pending',
    ]);
  });

  it('ends in Completed and Cancelled only', () => {
    expect(ORDER_STATUSES.filter((status) => TRANSITIONS[status].length === 0)).toEqual([
      'Completed',
      'Cancelled',
    ]);
  });
});
