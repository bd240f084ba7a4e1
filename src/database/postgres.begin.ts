import { Query, type ClientBase, type Connection, type QueryConfig } from 'pg';

/** What `pg`'s queries have and its types do not know. */
interface Preparing {
  prepare(connection: Connection): void;
}

/** What is used of a connection, as it is and not as its types say. */
interface Wire {
  parse(statement: { text: string; name: string }): void;
  bind(portal: object): void;
  execute(portal: object): void;
}

/** A statement with BEGIN before it, and one Sync behind both. */
class BeginningQuery extends Query {
  query_timeout: number | undefined;

  prepare(connection: Connection): void {
    const wire = connection as unknown as Wire; // see there
    wire.parse({ text: 'BEGIN', name: '' });
    wire.bind({});
    wire.execute({});
    (Query.prototype as unknown as Preparing).prepare.call(this, connection); // its own, see above
  }
}

/**
 * Begins a transaction with its first statement, in one message: if BEGIN fails, PostgreSQL skips all up to the Sync.
 * As two messages on their way at once, the second would be run all the same, and be committed by itself.
 */
export function beginWith<Row>(
  client: ClientBase,
  { query_timeout, ...statement }: QueryConfig & { query_timeout: number },
): Promise<Row[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Row[]>();
  const query = new BeginningQuery(statement, (error, results) => {
    if (error) reject(error);
    else resolve((results as unknown as { rows: Row[] }[]).at(-1)?.rows ?? []); // an array: of BEGIN, of the statement
  });
  query.query_timeout = query_timeout; // `pg` reads it there
  client.query(query);
  return promise;
}
