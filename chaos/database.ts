import Sqlite from 'better-sqlite3';
import type { Query } from './checker.ts';

/** A database that can be asked after the server has stopped. */
export interface Evidence {
  query: Query;
  close(): void;
}

/** Opens for reading only: looking at the evidence must not change it. */
export function openEvidence(url: string): Evidence {
  if (!url.startsWith('sqlite:')) throw new Error(`--database ${url}: only sqlite:<path of a file> is known`);
  const sqlite = new Sqlite(url.slice('sqlite:'.length), { readonly: true, fileMustExist: true });
  const query = async <Row>(sql: string) => sqlite.prepare<[], Row>(sql).all();
  return { query, close: () => sqlite.close() };
}
