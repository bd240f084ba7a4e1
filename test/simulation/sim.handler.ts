import {
  AttemptFailure,
  OrderHandler,
  PermanentFailure,
  type OrderToProcess,
} from '../../src/processing/order.handler.js';
import type { Clock } from '../../src/common/clock.js';
import type { Turns } from './sim.clock.js';
import type { World } from './world.js';

const WISH_MS = 300;

/** When an attempt failed, and how often the time of day had jumped forward by then. */
interface Failure {
  ms: number;
  jumps: number;
  wishMs: number;
}

/** What the executions of all lives must never be: doubled, at one time or in one attempt, too many, or too early. */
export class Executions {
  readonly #made = new Set<string>();
  readonly #failures = new Map<string, Failure>();
  readonly #working = new Set<string>();

  constructor(private readonly world: World) {}

  /** Attempts that somebody waits for. */
  get count(): number {
    return this.#working.size;
  }

  begin({ orderId, attempt }: OrderToProcess): void {
    const { time } = this.world;
    const name = `${orderId} attempt ${attempt}`;
    if (this.#made.has(name)) this.world.blame(`${name} was executed twice`);
    this.#made.add(name);
    if (this.#working.has(orderId)) this.world.blame(`${orderId} is executed twice at a time`);
    this.#working.add(orderId);
    if (this.count > this.world.config.PROCESSOR_CONCURRENCY)
      this.world.blame(`${this.count} attempts run at a time`);
    const failure = this.#failures.get(`${orderId} attempt ${attempt - 1}`);
    const isEarly = failure && failure.jumps === time.jumps && time.monotonicMs < failure.ms + failure.wishMs;
    if (isEarly && this.world.isDelayed(orderId))
      this.world.blame(
        `${name} began ${time.monotonicMs - failure.ms} ms after a failure that asked for ${failure.wishMs}`,
      );
  }

  end({ orderId }: OrderToProcess): void {
    this.#working.delete(orderId);
  }

  failed({ orderId, attempt }: OrderToProcess, wishMs: number): void {
    const { monotonicMs: ms, jumps } = this.world.time;
    this.#failures.set(`${orderId} attempt ${attempt}`, { ms, jumps, wishMs });
  }

  /** The process died: nobody waits for anything any more, and failures that it had not written down are none. */
  clear(): void {
    this.#failures.clear();
    this.#working.clear();
  }
}

/** Work that succeeds, fails, hangs, or brings the process down, as chance has it. */
export class SimHandler extends OrderHandler {
  constructor(
    private readonly world: World,
    private readonly clock: Clock,
    private readonly turns: Turns,
  ) {
    super();
  }

  async handle(order: OrderToProcess, signal: AbortSignal): Promise<void> {
    const { world } = this;
    const fate = world.random();
    world.note(`work on ${order.orderId}, attempt ${order.attempt}`);
    world.executions.begin(order);
    signal.addEventListener('abort', () => world.executions.end(order));
    try {
      await this.#work(order, fate, signal);
    } finally {
      if (!signal.aborted) world.executions.end(order);
    }
  }

  async #work(order: OrderToProcess, fate: number, signal: AbortSignal): Promise<void> {
    const { world } = this;
    const never = new Promise<never>(() => undefined);
    if (fate < 0.15) return;
    if (fate < 0.4) return this.turns.point(`work on ${order.orderId}`);
    if (fate < 0.65) return this.clock.wait(1 + Math.floor(world.random() * 80), signal);
    if (world.isCalm) return;
    if (fate < 0.88) {
      await this.turns.point(`work on ${order.orderId}`);
      const wishMs = world.random() < 0.5 ? 0 : WISH_MS;
      if (!signal.aborted) world.executions.failed(order, wishMs);
      throw new AttemptFailure('busy', 'not now', { retryAfterMs: wishMs });
    }
    if (fate < 0.94) throw new PermanentFailure('refused', 'never');
    if (fate < 0.97) return never; // until its time is over
    if (fate < 0.98) return this.clock.wait(5000); // hears no signal, and comes back too late
    world.crash();
    return never;
  }
}
