import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finding, type Finding, type Query } from './checker.ts';
import type { Random } from './random.ts';

const WORK_MS = 20;

/** This share of the executions is refused with 503, so that retries and kills meet; this one with 400, for good. */
const REFUSED = 0.02;
const REFUSED_FOR_GOOD = 0.01;

/** Does the work for `PROCESSOR=http`, and keeps books of every execution that the server cannot touch. */
export class Receiver {
  readonly #random: Random;
  readonly #server: Server;
  /** Every execution: order id to its attempts. */
  readonly #attempts = new Map<string, Set<number>>();
  /** The last verdict on each order. */
  readonly #verdicts = new Map<string, { attempt: number; status: number }>();
  /** Executions under way. `life` is the server that asked: at its death, what it had asked for is dead too. */
  readonly #running = new Map<string, { life: string; attempt: number }>();
  readonly #overlaps: string[] = [];
  readonly #repeated: string[] = [];
  executions = 0;
  /** How many were refused with 503. */
  refusals = 0;

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

  /** Whether it is executing anything for the server's life of this number. */
  isBusyFor(life: number): boolean {
    return [...this.#running.values()].some((execution) => execution.life === `/${life}`);
  }

  /** Whether the last attempt was refused for good. */
  hasRefused(id: string): boolean {
    return this.#verdicts.get(id)?.status === 400;
  }

  /** Ids of the orders whose last attempt was refused with 503: they are to be tried again. */
  get toBeTriedAgain(): string[] {
    return [...this.#verdicts]
      .filter(([id, { attempt, status }]) => status === 503 && !this.#attempts.get(id)?.has(attempt + 1))
      .map(([id]) => id);
  }

  /** The books against the table. */
  async check(query: Query): Promise<Finding[]> {
    const orders = await query<{ id: string; status: string; attempts: number }>(
      'SELECT order_id AS id, status, attempts FROM orders',
    );
    const startsOf = new Map(orders.map(({ id, attempts }) => [id, attempts]));
    const unstarted = [...this.#attempts].filter(([id, all]) => Math.max(...all) > (startsOf.get(id) ?? 0));
    const isLastVerdict = (id: string, attempt: number, status: number) => {
      const verdict = this.#verdicts.get(id);
      return verdict?.attempt === attempt && verdict.status === status;
    };
    const endedWithout = (end: string, verdict: number) =>
      orders
        .filter(({ id, status, attempts }) => status === end && !isLastVerdict(id, attempts, verdict))
        .map(({ id, attempts }) => `${id}, attempt ${attempts}`);
    return [
      finding('completed, never executed to its end', endedWithout('Completed', 200)),
      finding('failed, never refused for good', endedWithout('Failed', 400)),
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
      const chance = this.#random();
      const status = chance < REFUSED ? 503 : chance < REFUSED + REFUSED_FOR_GOOD ? 400 : 200;
      if (status === 503) this.refusals++;
      if (attempt >= (this.#verdicts.get(id)?.attempt ?? 0)) this.#verdicts.set(id, { attempt, status });
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
