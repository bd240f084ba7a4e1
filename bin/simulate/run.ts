import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, Client } from './client.ts';
import type { Options } from './options.ts';
import { Progress } from './progress.ts';
import { SCENARIOS, type Call } from './scenarios.ts';
import { Watcher } from './watcher.ts';

/** What was seen; counts of orders where nothing else is said. */
export interface Report {
  accepted: number;
  /** Repeats that were answered with the order that is there. */
  replayed: number;
  completed: number;
  /** Why, once for each order that the server could not take. */
  refused: string[];
  /** The status of each accepted order that is not Completed in time. */
  lost: string[];
  /** Accepted or completed more than once. */
  duplicates: number;
  outOfTurn: number;
  /** What was wrong, once for each. */
  wrong: string[];
  /** Of each request that accepted an order. */
  latenciesMs: number[];
  postSeconds: number;
  seconds: number;
}

/** Sends each at its moment; at most `limit` are under way. */
async function sendAll(calls: Call[], limit: number, send: (call: Call) => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  const left = calls.values();
  const oneAfterTheOther = async () => {
    for (const call of left) {
      const early = call.atMs - (performance.now() - startedAt);
      if (early > 0) await wait(early);
      for (let next: Call | undefined = call; next; next = next.next) await send(next);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, calls.length) }, oneAfterTheOther));
}

/** The server could not take it, or nobody knows: neither right nor wrong. */
function isRefusal({ status }: Answer): boolean {
  return status === 503 || status === 429 || typeof status === 'string';
}

/** What the answers say, as they come. */
class Answers {
  readonly accepted = new Set<string>();
  readonly refused: string[] = [];
  readonly wrong: string[] = [];
  readonly latenciesMs: number[] = [];
  replayed = 0;
  duplicates = 0;
  /** Requests that may have been stored or not. */
  unknown = 0;
  readonly #groups = new Set<string>();

  add(call: Call, answers: Answer[], latencyMs: number): void {
    answers.forEach((answer, index) => this.#addOne(call, answer, call.expected[index] ?? []));
    if (answers.some(({ status }) => status === 201)) this.latenciesMs.push(latencyMs);
  }

  #addOne({ path, group }: Call, answer: Answer, expected: number[]): void {
    const { status, orderId } = answer;
    if (typeof status === 'string') this.unknown++;
    if (isRefusal(answer)) this.refused.push(String(status));
    else if (!expected.includes(Number(status)))
      this.wrong.push(`POST ${path} gave ${status}, not ${expected.join(' or ')}`);
    if (status === 200) this.replayed++;
    if (status !== 201 || orderId === undefined) return;
    if (this.accepted.has(orderId) || (group !== undefined && this.#groups.has(group))) this.duplicates++;
    this.accepted.add(orderId);
    if (group !== undefined) this.#groups.add(group);
  }
}

/** Plays a scenario, and compares what the answers, the events and the list of orders say. */
export async function run(client: Client, options: Options): Promise<Report> {
  const userId = `simulation-${randomUUID()}`;
  using watcher = await Watcher.open(client, userId);
  const answers = new Answers();
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const calls = SCENARIOS[options.scenario]?.calls({ ...options, userId }) ?? [];
  let postSeconds: number;
  {
    using _progress = new Progress(watcher, options.orders);
    await sendAll(calls, options.concurrency, async (call) => {
      const sentAt = performance.now();
      answers.add(call, await client.send(call), performance.now() - sentAt);
    });
    postSeconds = seconds();
    await watcher.settled(answers.accepted, options.timeoutMs);
  }
  const doneSeconds = seconds();
  const stored = await client.ordersOf(userId);
  const { accepted, refused, wrong, latenciesMs, replayed, unknown } = answers;
  const uncalled = [...stored.keys()].filter((id) => !accepted.has(id)).length - unknown;
  for (let count = 0; count < uncalled; count++) wrong.push('an order is stored that was not accepted');
  return {
    accepted: accepted.size,
    replayed,
    completed: [...stored.values()].filter((status) => status === 'Completed').length,
    refused,
    lost: [...accepted].map((id) => stored.get(id) ?? 'not there').filter((status) => status !== 'Completed'),
    duplicates: answers.duplicates + watcher.completedTwice,
    outOfTurn: watcher.outOfTurn,
    wrong,
    latenciesMs,
    postSeconds,
    seconds: doneSeconds,
  };
}
