import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second. proc(5) */
const MS_PER_TICK = 10;

/** CPU time that a process has used, in milliseconds; with `children`, those that ended too. Linux only. */
function usedMs(pid: number | string, children: boolean): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number);
  const ended = children ? Number(endedUser) + Number(endedSystem) : 0;
  return (Number(user) + Number(system) + ended) * MS_PER_TICK;
}

/** Of one process. */
export function cpuMsOf(pid: number): number {
  return usedMs(pid, false);
}

/** Of PostgreSQL on this machine, all of its processes, also those that ended. */
export function cpuMsOfPostgres(): number {
  let sum = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (/^(\S*\/)?postgres\b/.test(command)) sum += usedMs(pid, true);
    } catch {
      // it ended just now: its parent counts it
    }
  return sum;
}
