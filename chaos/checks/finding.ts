/** Runs one SELECT. Plain SQL only, so that any database with window functions can be asked. */
export type Query = <Row>(sql: string) => Promise<Row[]>;

/** The outcome of one check; `count` 0 is as it should be. */
export interface Finding {
  check: string;
  count: number;
  /** The first few, for people. */
  examples: string[];
}

const EXAMPLES = 5;

export function finding(check: string, all: string[]): Finding {
  return { check, count: all.length, examples: all.slice(0, EXAMPLES) };
}
