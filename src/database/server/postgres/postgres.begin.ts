import { Query, type ClientBase, type Connection, type QueryConfig } from 'pg';

/** A method of `pg`'s queries that its types lack. */
interface Preparing {
  prepare(connection: Connection): void;
}

/** The methods of a connection that are used here; `pg`'s types differ from what it does. */
interface Wire {
  parse(statement: { text: string; name: string }): void;
  bind(portal: object): void;
  execute(portal: object): void;
}

/** A statement with BEGIN before it, and one Sync message after both. */
class BeginningQuery extends Query {
  query_timeout: number | undefined;

  prepare(connection: Connection): void {
    const wire = connection as unknown as Wire; // see Wire
    wire.parse({ text: 'BEGIN', name: '' });
    wire.bind({});
    wire.execute({});
    (Query.prototype as unknown as Preparing).prepare.call(this, connection); // see Preparing
  }
}

/**
 * Begins a transaction together with its first statement, up to one Sync: if BEGIN fails, PostgreSQL skips the statement.
 * If the two were pipelined as separate queries, the statement would run all the same, and be committed by itself.
 */
export function beginWith<Row>(
  client: ClientBase,
  { query_timeout, ...statement }: QueryConfig & { query_timeout: number },
): Promise<Row[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Row[]>();
  const query = new BeginningQuery(statement, (error, results) => {
    if (error) reject(error);
    else resolve((results as unknown as { rows: Row[] }[]).at(-1)?.rows ?? []); // of BEGIN, and of the statement
  });
  query.query_timeout = query_timeout; // where `pg` looks for it
  client.query(query);
  return promise;
}
