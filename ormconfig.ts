import { loadConfig } from './src/config.js';
import { databaseOptions } from './src/database/database.options.js';
import { PortableDataSource } from './src/database/sources/portable.data.source.js';
import { ApiKeyEntity } from './src/keys/api-key.entity.js';
import { ORDER_ENTITIES } from './src/orders/store/entities/order.entities.js';
import { WEBHOOK_ENTITIES } from './src/webhooks/store/webhook.entities.js';

/** The data source of the TypeORM command line: `npm run migration:generate`, `npm run migration:run`. */
export default new PortableDataSource({
  ...databaseOptions(loadConfig().DATABASE_URL),
  entities: [...ORDER_ENTITIES, ...WEBHOOK_ENTITIES, ApiKeyEntity],
});
