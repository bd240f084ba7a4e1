import { OrderCounterEntity } from '../../../metrics/order-counter.entity.js';
import { OrderHistoryEntity } from './order-history.entity.js';
import { OrderKeyEntity } from './order-key.entity.js';
import { OrderEntity } from './order.entity.js';

/** Every table that holds something about orders. */
export const ORDER_ENTITIES = [OrderEntity, OrderHistoryEntity, OrderKeyEntity, OrderCounterEntity];
