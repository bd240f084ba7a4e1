import type { Pool, PoolClient, QueryConfig } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { Query } from './database.js';
import type { ServerPool } from './server.pool.js';

/**
 * `pg`, on the pool that TypeORM made. Connections are pipelined (`pipeline` in `serverOptions`): a statement is sent
 * while the one before it runs. Statements are prepared, once on each connection: to plan one takes as long as to run it.
 * @param timeoutMs how long a statement may take, before `pg` closes its connection; 0: as long as it takes
 */
export function postgresPool(source: DataSource, timeoutMs: number): ServerPool {
  const pool = (source.driver as PostgresDriver).master as Pool; // TypeORM types its drivers' pools as any
  const ordered = new OrderedConnection(pool);
  const on = (connection: Pick<PoolClient, 'query'>): Query => {
    return async <Row>(sql: string, parameters?: unknown[]) => {
      const { rows } = await connection.query(prepared(sql, parameters ?? [], timeoutMs));
      return rows as Row[]; // the caller knows its statement
    };
  };
  return {
    query: on(pool),
    queryInOrder: async (sql, parameters) => on(await ordered.client())(sql, parameters),
    begin: async () => {
      const client = await connect(pool);
      const query = on(client);
      const begun = query('BEGIN');
      begun.catch(() => undefined); // told with the first statement
      return {
        query: async <Row>(sql: string, parameters?: unknown[]) => {
          const [rows] = await Promise.all([query<Row>(sql, parameters), begun]); // on its way with the first one
          return rows;
        },
        release: (isBroken) => client.release(isBroken),
      };
    },
    close: () => ordered.close(),
  };
}

/** A connection that is kept, and made anew when it was lost. */
class OrderedConnection {
  #client: Promise<PoolClient> | undefined;

  constructor(private readonly pool: Pool) {}

  client(): Promise<PoolClient> {
    return (this.#client ??= this.#connect());
  }

  close(): void {
    void this.#client?.then((client) => client.release(true)).catch(() => undefined); // there was none
    this.#client = undefined;
  }

  async #connect(): Promise<PoolClient> {
    try {
      const client = await connect(this.pool);
      client.once('end', () => this.close());
      return client;
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
  }
}

/** A lost connection is told to whoever waits for an answer; the event besides, unheard, would end the process. */
async function connect(pool: Pool): Promise<PoolClient> {
  const client = await pool.connect();
  if (client.listenerCount('error') === 0) client.on('error', () => undefined);
  return client;
}

/** What `pg` takes and its types do not know. */
interface Timeout {
  query_timeout: number;
}

const statements = new Map<string, { name: string; text: string }>();

/** PostgreSQL's form of positional parameters: `$1` for the first `?`. No statement here has a `?` of another meaning. */
function prepared(sql: string, values: unknown[], timeoutMs: number): QueryConfig & Timeout {
  let statement = statements.get(sql);
  if (!statement) {
    let count = 0;
    statement = { name: `s${statements.size}`, text: sql.replaceAll('?', () => `$${++count}`) };
    statements.set(sql, statement); // there are few: no text holds a value
  }
  return { ...statement, values, query_timeout: timeoutMs };
}
