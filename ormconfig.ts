import { DataSource } from 'typeorm';
import { loadConfig } from './src/config.js';
import { databaseOptions } from './src/database/database.options.js';
import { OrderCounterEntity } from './src/orders/order-counter.entity.js';
import { OrderHistoryEntity } from './src/orders/order-history.entity.js';
import { OrderKeyEntity } from './src/orders/order-key.entity.js';
import { OrderEntity } from './src/orders/order.entity.js';

/** The data source of the TypeORM command line: `npm run migration:generate`, `npm run migration:run`. */
export default new DataSource({
  ...databaseOptions(loadConfig().DATABASE_URL),
  entities: [OrderEntity, OrderHistoryEntity, OrderCounterEntity, OrderKeyEntity],
});
