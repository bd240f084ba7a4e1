import { SCHEMA } from '../schema/schema.options.js';

export const CONNECT_TIMEOUT_MS = 2000;

/** What the data sources of both kinds of servers are told. */
export interface ServerOptions {
  url: string;
  poolSize: number;
  /**
   * After this time without a statement in an open transaction the server rolls the transaction back and closes the
   * connection, so that a process that hangs does not keep its row locks; 0: never.
   */
  silenceMs: number;
}

/** TypeORM's options that both kinds of servers share. */
export function commonOptions({ url, poolSize }: ServerOptions) {
  return { url, poolSize, ...SCHEMA };
}
