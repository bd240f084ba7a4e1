import type { Query } from './checker.ts';
import type { Server } from './server.ts';

/** An order that is interrupted more often than this waits on purpose before it is started again. */
const INNOCENT_INTERRUPTIONS = 3;

/** How soon interrupted orders were started again, one entry for each life that took some back. Milliseconds. */
export interface Recovery {
  interrupted: number;
  /** Interrupted so often that they wait on purpose; not in the times. */
  suspected: number;
  /** From ready to the start of the first and the last of them; 0 when they were started before ready. */
  firstMs: number[];
  lastMs: number[];
  /** Not started again, because that life was killed first. */
  cutOff: number;
}

interface Interruption {
  seq: number | string;
  at: number | string;
  nextAt: number | string | null;
}

/** Read from the history at the end, so that measuring does not touch the file between a kill and the next start. */
export async function measureRecovery(query: Query, lives: Server[]): Promise<Recovery> {
  const rows = await query<Interruption>(`
    SELECT order_seq AS seq, at, next_at AS "nextAt" FROM (
      SELECT id, order_seq, at, reason, LEAD(at) OVER (PARTITION BY order_seq ORDER BY id) AS next_at FROM order_history
    ) AS steps WHERE reason = 'interrupted' ORDER BY id`);
  const recovery: Recovery = { interrupted: rows.length, suspected: 0, firstMs: [], lastMs: [], cutOff: 0 };
  const times = new Map<Server, number[]>();
  const seen = new Map<number | string, number>();
  for (const { seq, at, nextAt } of rows) {
    seen.set(seq, (seen.get(seq) ?? 0) + 1);
    const life = lives.find(({ spawnedAt, endedAt }) => spawnedAt <= Number(at) && Number(at) <= endedAt);
    if ((seen.get(seq) ?? 0) > INNOCENT_INTERRUPTIONS) recovery.suspected++;
    else if (!life?.readyAt || nextAt === null || Number(nextAt) > life.endedAt) recovery.cutOff++;
    else times.set(life, [...(times.get(life) ?? []), Math.max(0, Number(nextAt) - life.readyAt)]);
  }
  for (const all of times.values()) {
    recovery.firstMs.push(Math.min(...all));
    recovery.lastMs.push(Math.max(...all));
  }
  return recovery;
}
