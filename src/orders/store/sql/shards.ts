/**
 * How many rows a counter has on a server: few, because every read sums them up, and enough that transactions at the same
 * time rarely wait for each other's row lock.
 */
const SHARDS = 32;

/** The shard that a transaction adds to. */
export function randomShard(): number {
  return Math.floor(Math.random() * SHARDS);
}
