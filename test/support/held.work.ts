import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AttemptFailure, PermanentFailure } from '../../src/processing/order.handler.js';
import { withWork } from './work.js';

/** How an attempt ends. `postponed`: it failed, and asks not to be tried again within the hour. */
export type Outcome = 'succeeded' | 'failed' | 'refused' | 'postponed';

export const OUTCOMES: Outcome[] = ['succeeded', 'failed', 'refused', 'postponed'];

const HOUR_S = 3600;

/** Work in which every attempt waits for the test to say how it ends. */
export class HeldWork {
  readonly #held = new Map<string, (outcome: Outcome) => void>();

  /** Orders that are worked on now. */
  get orderIds(): string[] {
    return [...this.#held.keys()];
  }

  end(orderId: string, outcome: Outcome): void {
    const end = this.#held.get(orderId);
    if (!end) throw new Error(`nobody works on ${orderId}`);
    this.#held.delete(orderId);
    end(outcome);
  }

  hold(orderId: string, end: (outcome: Outcome) => void): void {
    if (this.#held.has(orderId)) throw new Error(`${orderId} is worked on twice at a time`);
    this.#held.set(orderId, end);
  }

  drop(orderId: string): void {
    this.#held.delete(orderId);
  }
}

/** For `startApp`: attempts in this process. */
export function inProcess(work: HeldWork) {
  return withWork(({ orderId }, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    work.hold(orderId, (outcome) => (outcome === 'succeeded' ? resolve() : reject(failureOf(outcome))));
    signal.addEventListener('abort', () => work.drop(orderId));
    return promise;
  });
}

function failureOf(outcome: Exclude<Outcome, 'succeeded'>): AttemptFailure {
  if (outcome === 'refused') return new PermanentFailure(outcome, 'never');
  return new AttemptFailure(outcome, 'not now', {
    retryAfterMs: outcome === 'postponed' ? HOUR_S * 1000 : 0,
  });
}

/** For a server of its own with `PROCESSOR=http`: attempts are requests to `url`, and end with the server. */
export async function overHttp(work: HeldWork): Promise<{ url: string; close(): void }> {
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const orderId = String(request.headers['idempotency-key']);
    request.resume();
    const end = (outcome: Outcome) => {
      if (outcome === 'postponed') response.setHeader('retry-after', HOUR_S);
      response.writeHead({ succeeded: 200, failed: 503, postponed: 503, refused: 400 }[outcome]).end();
    };
    work.hold(orderId, end);
    response.on('close', () => response.writableEnded || work.drop(orderId));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/`, close };
}
