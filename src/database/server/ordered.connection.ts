import type { Query } from '../database.js';
import type { Connection } from './server.pool.js';

/**
 * One kept connection, on which statements are pipelined. When it may not be used again it is replaced, after all
 * statements under way on it were answered, so that the order of the calls holds.
 */
export class OrderedConnection {
  #connection: Promise<Connection> | undefined;
  #lastAnswer: Promise<unknown> = Promise.resolve();

  constructor(private readonly connect: () => Promise<Connection>) {}

  readonly query: Query = async <Row>(sql: string, parameters?: unknown[]) => {
    const connection = await this.#usable();
    const answer = connection.query<Row>(sql, parameters);
    this.#lastAnswer = answer.catch(() => undefined); // answers come in the order of the statements
    return answer;
  };

  close(): void {
    void this.#connection?.then((connection) => connection.close()).catch(() => undefined); // it was never made
    this.#connection = undefined;
  }

  async #usable(): Promise<Connection> {
    for (;;) {
      const connecting = (this.#connection ??= this.#keep(this.connect()));
      const connection = await connecting;
      if (!connection.isBroken) return connection;
      if (this.#connection === connecting) this.#connection = this.#keep(this.#replacementOf(connection));
    }
  }

  async #replacementOf(connection: Connection): Promise<Connection> {
    await this.#lastAnswer;
    connection.release();
    return this.connect();
  }

  /** Forgets the connection if it cannot be made, so that the next call tries again. */
  #keep(connecting: Promise<Connection>): Promise<Connection> {
    connecting.catch(() => {
      if (this.#connection === connecting) this.#connection = undefined;
    });
    return connecting;
  }
}
