import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Loaded into a server by `--import`: answers each message with what only the process itself can tell. */
export interface ProbeReport {
  rssMiB: number;
  /** How late the event loop was, since the last report. */
  lagMs: { p50: number; p99: number; max: number };
}

const RESOLUTION_MS = 5;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

process.on('message', () => {
  const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS); // it counts the timer's own period
  const lagMs = { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) };
  delay.reset();
  process.send?.({ rssMiB: process.memoryUsage.rss() / 2 ** 20, lagMs } satisfies ProbeReport);
});
process.channel?.unref();
