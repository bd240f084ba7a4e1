import { CONNECT_TIMEOUT_MS, commonOptions, type ServerOptions } from '../server.options.js';

/**
 * Settings of each session. Every query here reads a few rows in the order of an index. With stale statistics PostgreSQL
 * may misjudge how many rows match, read them all and sort them; so it does that only where no index serves. Pages cost
 * nothing, or it would rather read twice as many rows that stand beside each other. Without JIT, because a query whose
 * cost is misjudged would also be compiled, which takes longer than to run it.
 */
const FIRST_ROWS =
  '-c enable_bitmapscan=off -c enable_seqscan=off -c seq_page_cost=0 -c random_page_cost=0 -c jit=off';

/** For `postgres://…`; its query may say what `pg` knows: `?sslmode=verify-full`. */
export function postgresOptions(options: ServerOptions) {
  return {
    type: 'postgres' as const,
    ...commonOptions(options),
    parseInt8: true, // instants and amounts are below 2^53
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: {
      keepAlive: true,
      pipeline: true,
      options: `${FIRST_ROWS} -c idle_in_transaction_session_timeout=${options.silenceMs}`,
    },
  };
}
