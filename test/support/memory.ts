import { readFileSync } from 'node:fs';
import { ServerProcess } from './server.js';

const PACKAGE = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  scripts: { start: string };
};

/** The flags of Node's that `npm start` has: how much memory the server may use. */
const START_FLAGS = PACKAGE.scripts.start.split(' ').filter((word) => word.startsWith('--'));

/** The server as `npm start` starts it, and how much memory it took. */
export class MeasuredServer {
  private constructor(
    readonly server: ServerProcess,
    private readonly before: number,
  ) {}

  static async start(environment: Record<string, string | number>): Promise<MeasuredServer> {
    const server = await ServerProcess.start(environment, START_FLAGS);
    return new MeasuredServer(server, peakOf(server));
  }

  /** How much larger than at its start the process was at its largest, in MiB. */
  get grewBy(): number {
    return Math.round((peakOf(this.server) - this.before) / 1024);
  }

  get isAlive(): boolean {
    return this.server.process.exitCode === null && this.server.process.signalCode === null;
  }
}

/** KiB of memory that the process had in use at its largest. @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function peakOf({ process }: ServerProcess): number {
  const status = readFileSync(`/proc/${process.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
}
