import { Clock } from '../../src/common/clock.js';

/** Something that will happen at a moment of the monotonic clock. */
interface Alarm {
  atMs: number;
  label: string;
  fire: () => void;
}

/** The time of a simulation, over all lives of its process: it moves only when `advanceTo` moves it. */
export class SimTime {
  monotonicMs = 0;
  /** How often the time of day jumped forward, for those who may then be early. */
  jumps = 0;
  #offsetMs = Date.UTC(2030, 0, 1);
  #stoppedAt: number | undefined;
  #alarms: Alarm[] = [];

  get now(): number {
    return this.#stoppedAt ?? this.monotonicMs + this.#offsetMs;
  }

  /** Sets the time of day forward, or back when `ms` is negative. */
  step(ms: number): void {
    if (ms > 0) this.jumps++;
    this.#offsetMs += ms;
    if (this.#stoppedAt !== undefined) this.#stoppedAt += ms;
  }

  /** The time of day stands still until `goOn`; after that it goes on from there. */
  stop(): void {
    this.#stoppedAt ??= this.now;
  }

  goOn(): void {
    if (this.#stoppedAt !== undefined) this.#offsetMs = this.#stoppedAt - this.monotonicMs;
    this.#stoppedAt = undefined;
  }

  /** When the next alarm goes off; undefined when none is set. */
  get next(): number | undefined {
    return this.#alarms[0]?.atMs;
  }

  set(ms: number, label: string, fire: () => void): () => void {
    const alarm = { atMs: this.monotonicMs + Math.max(1, ms), label, fire };
    const index = this.#alarms.findIndex(({ atMs }) => atMs > alarm.atMs);
    this.#alarms.splice(index === -1 ? this.#alarms.length : index, 0, alarm);
    return () => void (this.#alarms = this.#alarms.filter((other) => other !== alarm));
  }

  /** Moves to `ms`, or stays. @returns what has gone off */
  advanceTo(ms: number): Alarm[] {
    this.monotonicMs = Math.max(this.monotonicMs, ms);
    const due = this.#alarms.filter(({ atMs }) => atMs <= this.monotonicMs);
    this.#alarms = this.#alarms.slice(due.length);
    return due;
  }

  /** The process died, and its alarms with it. */
  clear(): void {
    this.#alarms = [];
  }
}

/** What a simulated process waits for: the scheduler decides when it goes on. */
export interface Turns {
  /** Resolves when the scheduler says so; never, when the process is dead by then. */
  point(label: string): Promise<void>;
  /** The same for what must not happen once it is called off. */
  later(label: string, act: () => void): () => void;
}

/** The clock of one life of the process. */
export class SimClock extends Clock {
  constructor(
    private readonly time: SimTime,
    private readonly turns: Turns,
  ) {
    super();
  }

  override now(): number {
    return Math.floor(this.time.now);
  }

  override monotonicMs(): number {
    return this.time.monotonicMs;
  }

  override timer(ms: number, fire: () => void): () => void {
    let callOff: () => void = this.time.set(ms, `timer of ${ms} ms`, () => {
      callOff = this.turns.later(`timer of ${ms} ms`, fire);
    });
    return () => callOff();
  }

  override every(ms: number, fire: () => void): () => void {
    let callOff = () => undefined as void;
    const again = () => {
      callOff = this.timer(ms, () => {
        again();
        fire();
      });
    };
    again();
    return () => callOff();
  }

  override wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const callOff = this.timer(ms, resolve);
      signal?.addEventListener('abort', () => {
        callOff();
        reject(signal.reason as Error);
      });
    });
  }

  override turn(): Promise<void> {
    return this.turns.point('turn');
  }
}
