import type { Server } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

/** A turn of the event loop counts as quiet only if it was shorter: in a long one somebody may have connected. */
const QUIET_MS = 1;

/**
 * Resolves when the system's accept queue is empty, or after `patienceMs`. Closing the listening socket resets the
 * connections in that queue, although their clients are connected and have sent requests. Node accepts one connection in
 * each turn of its event loop, so after a short turn without a connection the queue is empty: close the socket then.
 */
export async function acceptQueueIsEmpty(server: Server, patienceMs: number): Promise<void> {
  let came = true;
  const note = () => (came = true);
  server.on('connection', note).on('drop', note);
  const givenUpMs = performance.now() + patienceMs;
  await turn(); // each whole turn after this one asks the system once
  for (let isQuiet = false; !isQuiet && performance.now() < givenUpMs;) {
    came = false;
    const beganMs = performance.now();
    await turn();
    isQuiet = !came && performance.now() - beganMs < QUIET_MS;
  }
  server.off('connection', note).off('drop', note);
}
