import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HeldBytes, Holder } from './held.bytes.js';
import { refuseUnreadable } from './unreadable.request.js';

/** Most requests of one connection that are under way at once; further pipelined ones wait. */
const MAX_UNDER_WAY = 100;

/** While so many bytes of answers wait for their reader, no further request of the connection is begun. */
const HIGH_WATER_BYTES = 65_536;

/** Memory of a request and its answer beside their texts. */
const REQUEST_BYTES = 4096;

/** Most that is read of a body before its request is begun. */
const READ_BYTES = 65_536;

/**
 * The requests of one connection, answered in their order. Pipelined requests are begun a few at a time; while some wait,
 * or the peer does not read its answers, nothing more is read from it. Their memory counts in `held`, which closes the
 * connection when all connections together hold too much.
 */
export class HttpConnection implements Holder {
  readonly #waiting: ServerResponse[] = []; // bounded by what comes in one read
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
      this.#waiting.length = 0; // nobody would get their answers
      held.releaseAll(this);
    });
    // Node resumes the socket when a body is read
    socket.on('resume', () => this.#isPaused && socket.pause());
  }

  /** A request came: begins it, or lets it wait for its turn. */
  receive(response: ServerResponse): void {
    const mayBegin = this.#waiting.length === 0 && this.#hasRoom;
    if (this.#unanswered++ > 0) this.#notePipelined(response);
    response.on('close', () => this.#answered(response));
    if (mayBegin) this.begin(response.req, response);
    else this.#waiting.push(response);
    this.#readOrPause();
  }

  /** The answer was written faster than it is read. */
  noteUnread(response: ServerResponse): void {
    this.#hold(response, response.writableLength);
  }

  /** Whether the peer has bytes to read. */
  get isUnread(): boolean {
    return this.socket.writableLength > 0;
  }

  /** Called from time to time: a peer that reads none of its bytes for `timeoutMs` loses its connection. */
  watch(timeoutMs: number): void {
    if (this.isUnread === this.#isUnread) return;
    this.#isUnread = !this.#isUnread;
    // Node restarts this time-out when the system accepts bytes to send, but also when bytes arrive: so reading is paused
    if (this.#isUnread) this.socket.setTimeout(timeoutMs);
    else if (this.#unanswered > 0) this.socket.setTimeout(0); // when none is, Node has set the keep-alive time-out
    this.#readOrPause();
  }

  /**
   * Refuses what cannot be read, after the answers to the complete requests before it, so that no client takes the refusal
   * for the answer to an accepted order. Node's documented API does not tell which response is under way on a socket, and
   * noting each of them here cost twice the CPU of a GET (see `#notePipelined`); so Node's internal `_httpMessage` is read.
   * Should a version of Node lack it, fuzz.test fails.
   */
  refuse(error: NodeJS.ErrnoException): void {
    const { _httpMessage: current } = this.socket as { _httpMessage?: ServerResponse };
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
    // else an idle connection would keep the last body that came on it
    if (this.#unanswered === 0) this.#latest = this.#beforeLatest = undefined;
    this.#beginNext();
  }

  /**
   * Notes a response only where several are under way. If a connection, which lives long, referred to every response for a
   * moment, V8 would promote most of them to its old generation, where to collect them costs as much as to answer.
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
