import type { Dialect } from '../../database/database.js';

/** What statements about webhooks do not say alike on every database. */
export interface WebhooksSql {
  /** Ends a SELECT whose rows shall stay as they are until the transaction ends. SQLite has one writer. */
  lock: string;
  /** After a column: it is one of the parameter that `list` makes. */
  isOneOf: string;
  list: (values: number[]) => unknown;
}

export const WEBHOOKS_SQL: Record<Dialect, WebhooksSql> = {
  sqlite: {
    lock: '',
    isOneOf: 'IN (SELECT value FROM json_each(?))',
    list: (values) => JSON.stringify(values),
  },
  postgres: { lock: 'FOR UPDATE', isOneOf: '= ANY(?)', list: (values) => values },
  mysql: { lock: 'FOR UPDATE', isOneOf: 'IN (?)', list: (values) => (values.length > 0 ? values : [null]) },
};
