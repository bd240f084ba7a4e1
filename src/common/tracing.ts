import { AsyncLocalStorage } from 'node:async_hooks';

/** A piece of work that is traced. */
export interface TracedWork {
  readonly traceId: string;
  /** W3C `traceparent`, and `tracestate` after a space: at most `TRACE_CONTEXT_LENGTH` characters. */
  readonly context: string;
}

/** The span of a request that is being answered. */
export interface TracedRequest extends TracedWork {
  /** @param status undefined: the client went away before */
  end(request: { route: string | undefined; status: number | undefined; orderId: string | undefined }): void;
}

/** `traceparent` has 55 characters, `tracestate` is kept up to 512. */
export const TRACE_CONTEXT_LENGTH = 55 + 1 + 512;

/** Makes spans. Implemented in `tracing/`, which is loaded only when it is configured. */
export interface Tracer {
  request(method: string, headers: NodeJS.Dict<string | string[]>): TracedRequest;

  /** Runs one attempt at an order; it fails with what `work` throws. @param context stored with the order */
  attempt<Result>(
    order: { orderId: string; attempt: number; context: string | null },
    work: () => Promise<Result>,
  ): Promise<Result>;

  /**
   * Runs one request to another server, as part of `context`, or of the work around it. `send` is given the headers
   * that carry the trace on; `status` finds the answer's in what it returns.
   */
  post<Result>(
    target: { url: string; context?: string | null | undefined; attributes?: Record<string, string> },
    send: (headers: Record<string, string>) => Promise<Result>,
    status: (result: Result) => number | null,
  ): Promise<Result>;

  /** Sends what is left, for a bounded time. */
  stop(): Promise<void>;
}

const storage = new AsyncLocalStorage<TracedWork>();
let current: Tracer | undefined;

/** Undefined: nothing is traced. As with Nest's `Logger`, a process has one, for all that it does. */
export function tracer(): Tracer | undefined {
  return current;
}

export function traceWith(tracer: Tracer | undefined): void {
  current = tracer;
}

/** What goes on at this moment, if it is traced. */
export function tracedWork(): TracedWork | undefined {
  return storage.getStore();
}

/** Runs `run`, and what it waits for, as part of `work`. */
export function runIn<Result>(work: TracedWork, run: () => Result): Result {
  return storage.run(work, run);
}
