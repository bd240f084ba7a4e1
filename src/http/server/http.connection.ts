import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HeldBytes, Holder } from './held.bytes.js';
import { refuseUnreadable } from './unreadable.request.js';

/** Requests of one connection that are under way at once; who sends more without waiting is answered all the same, in turn. */
const MAX_UNDER_WAY = 100;

/** Bytes of answers that wait for their reader, from which on no further request of the connection is begun. */
const HIGH_WATER_BYTES = 65_536;

/** What a request and its answer cost beside their texts. */
const REQUEST_BYTES = 4096;

/** A body is read no further than this before its request is begun. */
const READ_BYTES = 65_536;

/**
 * The requests of one connection, in their order. Those that come before others are answered (pipelined ones) are begun a
 * few at a time; while some wait, or a peer does not read, nothing more is read from it. What they cost is held against
 * `held`, and who holds too much is cut.
 */
export class HttpConnection implements Holder {
  readonly #waiting: ServerResponse[] = []; // at most what came in one read
  readonly #held = new Map<ServerResponse, number>();
  #unanswered = 0;
  #latest: ServerResponse | undefined;
  #beforeLatest: ServerResponse | undefined;
  #isUnread = false;
  #isPaused = false;

  constructor(
    readonly socket: Socket,
    private readonly begin: (request: IncomingMessage, response: ServerResponse) => void,
    private readonly held: HeldBytes,
  ) {
    socket.on('close', () => {
      this.#waiting.length = 0; // whose answers would reach nobody
      held.releaseAll(this);
    });
    // whoever reads a body resumes the socket
    socket.on('resume', () => this.#isPaused && socket.pause());
  }

  /** Begins the request of this response, or has it wait for its turn. */
  take(response: ServerResponse): void {
    const mayBegin = this.#waiting.length === 0 && this.#hasRoom;
    if (this.#unanswered++ > 0) this.#notePipelined(response);
    response.on('close', () => this.#answered(response));
    if (mayBegin) this.begin(response.req, response);
    else this.#waiting.push(response);
    this.#readOrPause();
  }

  /** The answer is written, and its reader slower than that. */
  noteUnread(response: ServerResponse): void {
    this.#hold(response, response.writableLength);
  }

  /** Whether there are bytes that the peer has not taken. */
  get isUnread(): boolean {
    return this.socket.writableLength > 0;
  }

  /** Called from time to time: a peer that takes none of what is there for it in `timeoutMs` loses its connection. */
  watch(timeoutMs: number): void {
    if (this.isUnread === this.#isUnread) return;
    this.#isUnread = !this.#isUnread;
    // Node starts this time-out again whenever the system takes bytes; and when it gets some, so it must get none
    if (this.#isUnread) this.socket.setTimeout(timeoutMs);
    else if (this.#unanswered > 0) this.socket.setTimeout(0); // otherwise Node has set that of an idle connection
    this.#readOrPause();
  }

  /** Answers what cannot be read; but first what came whole before: no order that is taken is told that it is refused. */
  refuse(error: NodeJS.ErrnoException): void {
    const { _httpMessage: current } = this.socket as { _httpMessage?: ServerResponse }; // Node's, of the answer that is next
    const before = [this.#latest, this.#beforeLatest, current].find(
      (response) => response && isUnderWay(response),
    );
    if (before) before.once('finish', () => refuseUnreadable(error, this.socket));
    else refuseUnreadable(error, this.socket);
  }

  cut(): void {
    this.socket.destroy();
  }

  #beginNext(): void {
    while (this.#waiting.length > 0 && this.#hasRoom) {
      const response = this.#waiting.shift();
      if (response) this.begin(response.req, response);
    }
    this.#readOrPause();
  }

  get #hasRoom(): boolean {
    const underWay = this.#unanswered - this.#waiting.length;
    return underWay < MAX_UNDER_WAY && this.socket.writableLength < HIGH_WATER_BYTES;
  }

  #answered(response: ServerResponse): void {
    this.#unanswered--;
    const bytes = this.#held.get(response);
    if (bytes) this.held.release(this, bytes);
    this.#held.delete(response);
    // a connection may stay idle for long, and would keep the last body that came on it
    if (this.#unanswered === 0) this.#latest = this.#beforeLatest = undefined;
    this.#beginNext();
  }

  /**
   * A response is noted only where it is one of several: where a connection, which lives long, refers to each response for a
   * moment, V8 takes most of them for long-lived too, and to collect them costs as much as to answer.
   */
  #notePipelined(response: ServerResponse): void {
    this.#hold(response, costOf(response.req));
    this.#beforeLatest = this.#latest;
    this.#latest = response;
  }

  #hold(response: ServerResponse, bytes: number): void {
    this.#held.set(response, (this.#held.get(response) ?? 0) + bytes);
    this.held.hold(this, bytes);
  }

  #readOrPause(): void {
    const mustPause = this.#waiting.length > 0 || this.#isUnread;
    if (mustPause === this.#isPaused) return;
    this.#isPaused = mustPause;
    if (mustPause) this.socket.pause();
    else this.socket.resume();
  }
}

function costOf({ url = '', rawHeaders, headers }: IncomingMessage): number {
  const body = headers['transfer-encoding'] ? READ_BYTES : Number(headers['content-length'] ?? 0);
  return rawHeaders.reduce(
    (sum, text) => sum + text.length,
    REQUEST_BYTES + url.length + Math.min(body, READ_BYTES),
  );
}

function isUnderWay({ req, writableFinished }: ServerResponse): boolean {
  return req.complete && !writableFinished;
}
