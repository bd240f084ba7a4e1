import { isLegal, ORDER_STATUSES, STATUSES, type OrderStatus } from '../../src/domain/order.status.js';
import { columnsOf } from '../../src/orders/store/columns.js';
import { OrderHistoryEntity } from '../../src/orders/store/entities/order-history.entity.js';
import { OrderEntity } from '../../src/orders/store/entities/order.entity.js';

/** The statuses that an order may come to from this one. */
function ahead(status: OrderStatus, found = new Set<OrderStatus>()): Set<OrderStatus> {
  for (const next of STATUSES[status].next) if (!found.has(next)) ahead(next, found.add(next));
  return found;
}

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
    expect(ORDER_STATUSES.filter((status) => STATUSES[status].next.length === 0)).toEqual([
      'Completed',
      'Cancelled',
    ]);
  });

  it('completes an order at most once: counters and completed_at hold one completion', () => {
    const completing = ORDER_STATUSES.filter((status) => STATUSES[status].entering === 'completes');
    expect(completing).not.toEqual([]);
    const again = completing.filter((status) => completing.some((other) => ahead(status).has(other)));
    expect(again).toEqual([]);
  });

  it('has names that fit into their columns', () => {
    const columns = [...columnsOf(OrderEntity), ...columnsOf(OrderHistoryEntity)];
    const lengths = columns.flatMap(({ name, length }) => (name.endsWith('status') ? length : []));
    expect(lengths).toHaveLength(3);
    for (const status of ORDER_STATUSES)
      expect(status.length).toBeLessThanOrEqual(Math.min(...lengths.map(Number)));
  });
});
