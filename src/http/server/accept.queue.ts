import type { Server } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

/** A turn of the event loop that took longer is none in which nothing happened: somebody may have connected meanwhile. */
const QUIET_MS = 1;

/**
 * Resolves when the system has no connection left that `server` could accept, or after `patienceMs`. To close the
 * listening socket resets what waits there, though its client is connected and has sent its request. Node accepts one
 * connection in each turn of its loop, so after a turn without any, and short, nobody waits: close it then, at once.
 */
export async function acceptQueueIsEmpty(server: Server, patienceMs: number): Promise<void> {
  let came = true;
  const note = () => (came = true);
  server.on('connection', note).on('drop', note);
  const givenUpMs = performance.now() + patienceMs;
  await turn(); // from here on each turn has asked the system once
  for (let isQuiet = false; !isQuiet && performance.now() < givenUpMs;) {
    came = false;
    const beganMs = performance.now();
    await turn();
    isQuiet = !came && performance.now() - beganMs < QUIET_MS;
  }
  server.off('connection', note).off('drop', note);
}
