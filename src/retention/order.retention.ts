import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config.js';
import { FINAL_STATUSES, type OrderStatus } from '../domain/order.status.js';
import { DeletionLease } from '../orders/store/deletion.lease.js';
import { FinalOrders, type DeletablePage } from '../orders/store/final.orders.js';
import { LogHolds } from '../orders/store/log/log.holds.js';
import type { ListCursor } from '../orders/store/orders.pages.js';
import { OrdersStore } from '../orders/store/orders.store.js';
import { SteadyTime } from './steady.time.js';

const DAY_MS = 86_400_000;

/** Between two looks for orders that are old enough. */
const PASS_MS = 600_000;

/** How much longer an order stays for a webhook that was not told of it: longer than one that only fails is kept enabled. */
const HOLD_MS = 7 * DAY_MS;

/** The pause after each transaction: so many times as long as it took, with its wait for its turn. */
const PAUSES = 4;
const MIN_PAUSE_MS = 20;

/**
 * Deletes orders that ended RETENTION_DAYS ago, of the statuses that no transition leaves: a Failed order is not done yet. In
 * small transactions, which share the group commit, with pauses; one process at a time.
 */
@Injectable()
export class OrderRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(OrderRetention.name);
  readonly #time: SteadyTime;
  readonly #stopping = new AbortController();
  #pass: Promise<unknown> | undefined;
  #stopPasses = () => {};

  constructor(
    private readonly store: OrdersStore,
    private readonly orders: FinalOrders,
    private readonly holds: LogHolds,
    private readonly lease: DeletionLease,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'ROLE' | 'RETENTION_DAYS'>,
  ) {
    this.#time = new SteadyTime(clock);
  }

  onApplicationBootstrap(): void {
    if (this.config.ROLE === 'api' || this.config.RETENTION_DAYS === 0) return;
    this.#stopPasses = this.clock.every(PASS_MS, () => {
      this.#pass ??= this.prune()
        .catch((error: unknown) => this.#logger.warn(error)) // the next pass goes on
        .finally(() => (this.#pass = undefined));
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopPasses();
    this.#stopping.abort();
    await this.#pass;
    await this.lease.release().catch((error: unknown) => this.#logger.warn(error)); // it runs out
  }

  /** Deletes all that there is to delete. @returns how many orders. @throws DatabaseUnavailable */
  async prune(): Promise<number> {
    const endedBy = this.#time.look() - this.config.RETENTION_DAYS * DAY_MS;
    let deleted = 0;
    let unread = 0;
    for (const status of FINAL_STATUSES)
      for (let from: ListCursor | undefined = { createdAt: 0, seq: 0 }; from;) {
        const beganMs = this.clock.monotonicMs();
        if (this.#stopping.signal.aborted || !(await this.lease.claim())) return deleted;
        const page: DeletablePage = await this.#page(status, endedBy, from);
        if (page.seqs.length > 0) {
          deleted += await this.store.remove({ seqs: page.seqs, owner: this.lease.owner });
          unread += page.unread;
        }
        from = page.next;
        await this.#pause(this.clock.monotonicMs() - beganMs);
      }
    if (deleted > 0)
      this.#logger.log(`${deleted} orders deleted that ended ${this.config.RETENTION_DAYS} days ago`);
    if (unread > 0) this.#logger.warn(`${unread} of them were deleted before every webhook was told of them`);
    return deleted;
  }

  /** A clock that was set back since the pass began counts at once. */
  async #page(status: OrderStatus, endedBy: number, from: ListCursor): Promise<DeletablePage> {
    const by = Math.min(endedBy, this.clock.now() - this.config.RETENTION_DAYS * DAY_MS);
    return this.orders.page(
      { status, endedBy: by, heldBy: by - HOLD_MS, hold: await this.holds.position() },
      from,
    );
  }

  async #pause(tookMs: number): Promise<void> {
    const ms = Math.max(MIN_PAUSE_MS, PAUSES * tookMs);
    await this.clock.wait(ms, this.#stopping.signal).catch(() => undefined); // it was cut short
  }
}
