import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finding, type Finding, type Query } from './checker.ts';
import type { Random } from './random.ts';

const WORK_MS = 20;

/** This share of the executions is refused with 503, so that retries and kills meet. */
const REFUSED = 0.02;

/** Does the work for `PROCESSOR=http`, and keeps books of every execution that the server cannot touch. */
export class Receiver {
  readonly #random: Random;
  readonly #server: Server;
  /** Every execution: order id to its attempts. */
  readonly #attempts = new Map<string, Set<number>>();
  readonly #done = new Set<string>();
  /** Executions under way. `life` is the server that asked: at its death, what it had asked for is dead too. */
  readonly #running = new Map<string, { life: string; attempt: number }>();
  readonly #overlaps: string[] = [];
  readonly #repeated: string[] = [];
  executions = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#server = createServer((request, response) => this.#execute(request, response));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  /** Where the server's life of this number posts to. */
  url(life: number): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${life}`; // it listens on TCP
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** The books against the table. */
  async check(query: Query): Promise<Finding[]> {
    const completed = await query<{ id: string }>(
      `SELECT order_id AS id FROM orders WHERE status = 'Completed'`,
    );
    const starts = await query<{ id: string; attempts: number }>(
      'SELECT order_id AS id, attempts FROM orders',
    );
    const startsOf = new Map(starts.map(({ id, attempts }) => [id, attempts]));
    const unstarted = [...this.#attempts].filter(([id, all]) => Math.max(...all) > (startsOf.get(id) ?? 0));
    const neverExecuted = completed.filter(({ id }) => !this.#done.has(id));
    return [
      finding(
        'completed, never executed to its end',
        neverExecuted.map(({ id }) => id),
      ),
      finding('executed twice at one time', this.#overlaps),
      finding('one attempt executed twice', this.#repeated),
      finding(
        'executed before its start was stored',
        unstarted.map(([id]) => id),
      ),
    ];
  }

  #execute(request: IncomingMessage, response: ServerResponse): void {
    const id = String(request.headers['idempotency-key']);
    const attempt = Number(request.headers['x-order-attempt']);
    const life = request.url ?? '';
    this.executions++;
    const attempts = this.#attempts.get(id) ?? new Set();
    if (attempts.has(attempt)) this.#repeated.push(`${id}, attempt ${attempt}`);
    this.#attempts.set(id, attempts.add(attempt));
    const other = this.#running.get(id);
    if (other?.life === life) this.#overlaps.push(`${id}, attempts ${other.attempt} and ${attempt}`);
    const execution = { life, attempt };
    this.#running.set(id, execution);
    const timer = setTimeout(() => {
      const status = this.#random() < REFUSED ? 503 : 200;
      if (status === 200) this.#done.add(id);
      end();
      response.writeHead(status).end();
    }, WORK_MS);
    const end = () => {
      if (this.#running.get(id) === execution) this.#running.delete(id);
    };
    response.on('close', () => {
      clearTimeout(timer);
      end();
    });
    request.resume();
  }
}
