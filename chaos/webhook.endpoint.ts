import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { finding, type Finding, type Query } from './checker.ts';
import type { Random } from './random.ts';

/** Of the messages this share is refused, this one is cut off, and this one not answered, so that retries and kills meet. */
const REFUSED = 0.02;
const CUT_OFF = 0.01;
const UNANSWERED = 0.002;

interface Transition {
  order_id: string;
  from: string | null;
  to: string;
  attempt: number;
}

interface Row {
  id: string;
  from_status: string | null;
  to_status: string;
  attempt: number;
}

/** An endpoint of webhooks, which keeps books of every message that the server cannot touch. */
export class WebhookEndpoint {
  /** Messages that came, repeats included. */
  messages = 0;
  readonly #random: Random;
  readonly #server: Server;
  #webhook: Webhook | undefined;
  /** Of each order its transitions, in the order in which they were first told. */
  readonly #told = new Map<string, string[]>();
  readonly #ids = new Set<string>();
  readonly #unsigned: string[] = [];
  readonly #doubled: string[] = [];

  constructor(random: Random) {
    this.#random = random;
    this.#server = createServer((request, response) => this.#receive(request, response));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  get isRegistered(): boolean {
    return this.#webhook !== undefined;
  }

  /** Registers itself. What a killed server may have stored without an answer is deleted: its secret is not known. */
  async register(server: string): Promise<void> {
    const webhooks = `${server}/webhooks`;
    const known = (await (await fetch(webhooks)).json()) as { webhooks: { id: string }[] };
    for (const { id } of known.webhooks) await fetch(`${webhooks}/${id}`, { method: 'DELETE' });
    const { port } = this.#server.address() as AddressInfo; // it listens on TCP
    const response = await fetch(webhooks, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: `http://127.0.0.1:${port}/` }),
    });
    const { secret } = (await response.json()) as { secret: string };
    this.#webhook = new Webhook(secret);
  }

  /** Whether it was told that an order has come to its end. */
  knowsEndOf(order: string): boolean {
    return this.#told.get(order)?.some((step) => />(Completed|Failed)/.test(step)) ?? false;
  }

  get repeats(): number {
    return this.messages - this.#ids.size;
  }

  /** The books against the table. */
  async check(query: Query): Promise<Finding[]> {
    const accepted = await query<{ id: string }>('SELECT order_id AS id FROM orders');
    const history = await query<Row>(
      `SELECT o.order_id AS id, h.from_status, h.to_status, h.attempt
       FROM order_history h JOIN orders o ON o.seq = h.order_seq ORDER BY h.id`,
    );
    const made = new Map(accepted.map(({ id }) => [id, [stepOf(null, 'Pending', 0)]]));
    for (const { id, from_status, to_status, attempt } of history)
      made.get(id)?.push(stepOf(from_status, to_status, attempt));
    const orders = [...new Set([...made.keys(), ...this.#told.keys()])];
    const missing = (all: string[] = [], there: string[] = []) => all.filter((step) => !there.includes(step));
    const compare = (find: (is: string[] | undefined, was: string[] | undefined) => string[]) =>
      orders.flatMap((id) => find(this.#told.get(id), made.get(id)).map((step) => `${id}: ${step}`));
    return [
      finding(
        'transitions of which no webhook told',
        compare((told, was) => missing(was, told)),
      ),
      finding(
        'webhooks of no transition',
        compare((told, was) => missing(told, was)),
      ),
      finding(
        'webhooks out of order',
        compare((told = [], was = []) =>
          told.join() === was.filter((step) => told.includes(step)).join() ? [] : [told.join(', ')],
        ),
      ),
      finding('webhooks with an improper signature', this.#unsigned),
      finding('one transition in two webhooks', this.#doubled),
    ];
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.#note(request, Buffer.concat(chunks).toString());
      const chance = this.#random();
      if (chance < REFUSED) response.writeHead(503).end();
      else if (chance < REFUSED + CUT_OFF) response.destroy();
      else if (chance > 1 - UNANSWERED) return;
      else response.writeHead(204).end();
    });
  }

  #note({ headers }: IncomingMessage, body: string): void {
    const id = String(headers['webhook-id']);
    this.messages++;
    try {
      this.#webhook?.verify(body, headers as Record<string, string>); // none of those that it reads comes more than once
    } catch (error) {
      this.#unsigned.push(`${id}: ${String(error)}`);
    }
    if (this.#ids.has(id)) return;
    const { order_id, from, to, attempt } = (JSON.parse(body) as { data: Transition }).data;
    const step = stepOf(from, to, attempt);
    this.#ids.add(id);
    const steps = this.#told.get(order_id) ?? [];
    if (steps.includes(step)) this.#doubled.push(`${order_id}: ${step}`);
    else steps.push(step);
    this.#told.set(order_id, steps);
  }
}

/** An order makes each of these once. */
function stepOf(from: string | null, to: string, attempt: number): string {
  return `${from ?? ''}>${to} ${attempt}`;
}
