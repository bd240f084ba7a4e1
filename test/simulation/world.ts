import fc from 'fast-check';
import { check } from '../../chaos/checker.js';
import { seeded, type Random } from '../../chaos/random.js';
import { parseConfig, type Config } from '../../src/config.js';
import { DatabaseUnavailable } from '../../src/database/database.js';
import { SqliteConnection } from '../../src/database/sqlite/sqlite.connection.js';
import { SimClients, type Action } from './sim.clients.js';
import { SimTime, type Turns } from './sim.clock.js';
import type { Fault } from './sim.database.js';
import { Executions } from './sim.handler.js';
import { Liveness } from './sim.liveness.js';
import { SimProcess } from './sim.process.js';

/** A promise that was broken, and how it came to that. */
export class Violation extends Error {
  constructor(
    message: string,
    readonly trace: string[],
  ) {
    super(message);
  }
}

/** More tasks than this are let go in one turn of the event loop only by chance of chance. */
const MOST_AT_ONCE = 4;

/** Between two of them, so that one comes at whatever step of what the other set off. */
const MOST_STEPS_BETWEEN = 16;

/** Within this simulated time after the last trouble every order has come to its end. */
const PATIENCE_MS = 600_000;
const MOST_STEPS = 50_000;

/** All that is around the server: time, chance, its file, its clients, and what looks whether promises are kept. */
export class World {
  readonly time = new SimTime();
  readonly random: Random;
  readonly executions = new Executions(this);
  readonly clients = new SimClients(this);
  readonly trace: string[] = [];
  readonly config: Config;
  /** How often a call of the database waits for the scheduler. */
  readonly waits: number;
  process: SimProcess | undefined;
  lives = 0;
  /** When something last went wrong on purpose. */
  troubleMs = -Infinity;
  isCalm = false;
  readonly #observer: SqliteConnection;
  readonly #liveness: Liveness;
  readonly #capacity: number;
  readonly #scheduler: fc.Scheduler;
  readonly #faults: Fault[] = [];
  #isCrashing = false;
  #broken: string | undefined;

  /**
   * @param seed of the scheduler and all other chance: with the actions it is the whole schedule
   * @param replaced classes that the simulation has its own of, for a test of the simulation
   */
  constructor(
    readonly file: string,
    seed: number,
    readonly replaced: [unknown, unknown][] = [],
  ) {
    this.#scheduler = schedulerOf(seed);
    this.random = seeded(seed);
    const pick = <Value>(...values: [Value, ...Value[]]) =>
      values[Math.floor(this.random() * values.length)] ?? values[0];
    this.waits = pick(0, 0.1, 0.5, 0.9);
    this.#capacity = pick(2, 4, 10_000);
    this.config = parseConfig({
      PROCESSOR_CONCURRENCY: pick('1', '2', '3', '10'),
      QUEUE_MAX_PENDING: pick('1000000', '1000000', '6'),
      MAX_ATTEMPTS: '3',
      RETRY_BACKOFF_MS: pick('0', '100', '400'),
      RETRY_BACKOFF_MAX_MS: '1000',
      ATTEMPT_TIMEOUT_MS: '1500',
      SHUTDOWN_TIMEOUT_MS: pick('0', '400'),
    });
    this.#boot();
    this.#observer = SqliteConnection.open(file, { readonly: true, pragmas: [] });
    this.#liveness = new Liveness(this, this.#observer);
  }

  /** Does the actions, lets everything come to its end, and looks at the books. @throws Violation */
  async run(actions: Action[]): Promise<void> {
    try {
      for (const action of actions) {
        for (let steps = action.after; steps > 0; steps--) await this.#step();
        this.#act(action);
      }
      await this.#settle();
      await this.#audit();
    } finally {
      await this.process?.kill();
      this.#observer.close();
    }
  }

  note(line: string): void {
    this.trace.push(`${String(this.time.monotonicMs).padStart(7)} ms  ${line}`);
  }

  blame(message: string): void {
    this.note(`BROKEN: ${message}`);
    this.#broken ??= message;
  }

  /** Whether an order last came back to the queue because its attempt failed, not by a person's wish or a crash. */
  isDelayed(orderId: string): boolean {
    const sql = `SELECT reason FROM order_history JOIN orders ON seq = order_seq
      WHERE order_id = ? AND to_status = 'Pending' ORDER BY id DESC LIMIT 1`;
    const [back] = this.#observer.run(sql, [orderId]) as { reason: string }[];
    return back?.reason.startsWith('busy') ?? false;
  }

  /** The process dies before anything else happens. */
  crash(): void {
    this.#isCrashing = true;
  }

  takeFault(): Fault | undefined {
    const fault = this.#faults.shift();
    if (fault) {
      this.note(`the database fails ${fault} the commit`);
      this.troubleMs = this.time.monotonicMs;
    }
    return fault;
  }

  /** What a life of the process waits with; nothing goes on in one that has ended. */
  turnsOf(life: { isDead: boolean }): Turns {
    const later = (label: string, act: () => void) => {
      let isOff = false;
      void this.#scheduler.schedule(Promise.resolve(), label).then(() => {
        if (isOff || life.isDead) return;
        this.note(label);
        act();
      });
      return () => void (isOff = true);
    };
    return { later, point: (label) => new Promise((resolve) => later(label, resolve)) };
  }

  #act(action: Action): void {
    const { time } = this;
    this.note(`ACTION ${JSON.stringify(action)}`);
    switch (action.what) {
      case 'kill':
        return this.crash();
      case 'stop':
        return this.#stop();
      case 'clock steps':
        this.#liveness.clockWasSet();
        return time.step(action.ms);
      case 'clock stops':
        this.#liveness.clockWasSet();
        return time.stop();
      case 'clock goes on':
        return time.goOn();
      case 'time passes':
        return this.#advance(time.monotonicMs + action.ms);
      case 'fail before':
      case 'fail after':
        for (let left = action.count; left > 0; left--)
          this.#faults.push(action.what === 'fail before' ? 'before' : 'after');
        return;
      case 'post':
      case 'batch':
      case 'repeat':
      case 'contradict':
      case 'cancel':
      case 'retry':
      case 'retry all':
        return this.clients.ask(action);
    }
  }

  /** Lets something happen: what may go on, or, when nothing may, what time brings. */
  async #step(): Promise<void> {
    if (this.#isCrashing) await this.#die();
    if (!this.process || this.process.isDead) this.#boot();
    else if (this.#scheduler.count() === 0) this.#idle();
    else if (this.random() < 0.05) this.#advance(this.time.monotonicMs + Math.floor(this.random() * 40));
    await this.#release();
    if (this.#broken) throw new Violation(this.#broken, this.trace);
  }

  /** Lets one task go on, or several in one turn of the event loop. */
  async #release(): Promise<void> {
    let left = this.random() < 0.5 ? 1 : 1 + Math.floor(this.random() * MOST_AT_ONCE);
    for (; left > 0 && this.#scheduler.count() > 0; left--) {
      void this.#scheduler.waitOne();
      if (left === 1) break;
      for (let steps = Math.floor(this.random() * MOST_STEPS_BETWEEN); steps > 0; steps--)
        await Promise.resolve();
    }
    await drained();
  }

  #idle(): void {
    this.#liveness.look();
    const next = this.time.next;
    if (next !== undefined) this.#advance(next);
  }

  #advance(ms: number): void {
    for (const { fire } of this.time.advanceTo(ms)) fire();
  }

  #boot(): void {
    this.lives++;
    this.note(`process ${this.lives} starts`);
    const process = new SimProcess(this, this.config, this.#capacity);
    this.process = process;
    process.boot().then(
      () => this.note(`process ${this.lives} is ready`),
      (error: unknown) => {
        if (!(error instanceof DatabaseUnavailable)) this.blame(`a start failed: ${(error as Error).stack}`);
        this.crash();
      },
    );
  }

  async #die(): Promise<void> {
    await drained();
    this.#isCrashing = false;
    this.note(`process ${this.lives} is dead`);
    await this.process?.kill();
    this.time.clear();
    this.executions.clear();
    this.#liveness.clear();
    this.troubleMs = this.time.monotonicMs;
  }

  #stop(): void {
    const { process } = this;
    if (!process?.isReady || process.isStopping) return;
    process.stop().then(
      () => this.crash(), // it is dead: what it left in the world is cleared away
      (error: unknown) => this.blame(`a stop failed: ${(error as Error).stack}`),
    );
  }

  /** No more trouble: every request is answered, every order comes to its end. */
  async #settle(): Promise<void> {
    this.note('no more trouble');
    this.isCalm = true;
    this.#faults.length = 0;
    this.time.goOn();
    const deadline = this.time.monotonicMs + PATIENCE_MS;
    let isRepeated = false;
    for (let steps = 0; ; steps++) {
      const isQuiet = this.#scheduler.count() === 0 && this.process?.isReady && !this.process.isStopping;
      if (isQuiet && !this.#isCrashing) {
        if (!isRepeated) this.clients.repeatUnanswered();
        isRepeated = true;
        if (this.clients.waiting === 0 && this.#liveness.open() === 0) return;
      }
      if (this.time.monotonicMs > deadline || steps > MOST_STEPS)
        this.blame(
          `${this.#liveness.open()} orders and ${this.clients.waiting} requests do not come to an end`,
        );
      await this.#step();
    }
  }

  async #audit(): Promise<void> {
    const { sent, acknowledged, cancelled } = this.clients;
    const query = async <Row>(sql: string) => this.#observer.run(sql, []) as Row[]; // the checker knows its statements
    const promises = { sent, acknowledged, ends: ['Completed', 'Failed', 'Cancelled'] };
    for (const { check: name, count, examples } of await check(query, promises))
      if (count > 0) this.blame(`${name}: ${examples.join('; ')}`);
    const kept = await query<{ id: string }>(`SELECT order_id AS id FROM orders WHERE status = 'Cancelled'`);
    const isCancelled = new Set(kept.map(({ id }) => id));
    for (const id of cancelled) if (!isCancelled.has(id)) this.blame(`${id} was cancelled, and is not`);
    if (this.#broken) throw new Violation(this.#broken, this.trace);
  }
}

/** Not an arbitrary of the property: fast-check's clones of one scheduler share their state, and no failure would replay. */
function schedulerOf(seed: number): fc.Scheduler {
  const [scheduler] = fc.sample(fc.scheduler(), { numRuns: 1, seed });
  if (!scheduler) throw new Error('no scheduler');
  return scheduler;
}

/** Resolves when no microtask is left; nothing that is simulated knows how long that takes. */
function drained(): Promise<void> {
  return new Promise(setImmediate);
}
