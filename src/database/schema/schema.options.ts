import { OrdersSchema1763683200000 } from '../migrations/1763683200000-orders.js';
import { CounterSlots1763712000000 } from '../migrations/1763712000000-counter-slots.js';
import { MovesOnly1763740800000 } from '../migrations/1763740800000-moves-only.js';
import { OrderKeys1763769600000 } from '../migrations/1763769600000-order-keys.js';
import { BoundedReads1763798400000 } from '../migrations/1763798400000-bounded-reads.js';
import { OrderReturns1763827200000 } from '../migrations/1763827200000-order-returns.js';
import { LogBarrier1763856000000 } from '../migrations/1763856000000-log-barrier.js';
import { Webhooks1763884800000 } from '../migrations/1763884800000-webhooks.js';
import { ApiKeys1763913600000 } from '../migrations/1763913600000-api-keys.js';
import { TraceParent1763971200000 } from '../migrations/1763971200000-trace-parent.js';
import { OrderDeletions1764000000000 } from '../migrations/1764000000000-order-deletions.js';
import { stepwise } from './stepwise.js';

/** TypeORM's options about the schema, the same for every database. `migrate` runs the migrations. */
export const SCHEMA = {
  migrations: stepwise([
    OrdersSchema1763683200000,
    CounterSlots1763712000000,
    MovesOnly1763740800000,
    OrderKeys1763769600000,
    BoundedReads1763798400000,
    OrderReturns1763827200000,
    LogBarrier1763856000000,
    Webhooks1763884800000,
    ApiKeys1763913600000,
    TraceParent1763971200000,
    OrderDeletions1764000000000,
  ]),
  migrationsTableName: 'migrations',
  synchronize: false,
};
