import { EventEmitter2 } from '@nestjs/event-emitter';
import { Clock } from '../../src/common/clock.js';
import { Random } from '../../src/common/random.js';
import { CONFIG, type Config } from '../../src/config.js';
import { getRepositoryToken } from '@nestjs/typeorm';
import { Database } from '../../src/database/database.js';
import { READER } from '../../src/database/sources/reading.data.source.js';
import { ORDER_ENTITIES } from '../../src/orders/store/entities/order.entities.js';
import { OrdersService } from '../../src/orders/orders.service.js';
import { OrderHandler } from '../../src/processing/order.handler.js';
import { ProcessingSchedule } from '../../src/processing/processing.schedule.js';
import { MemoryQueueDriver } from '../../src/queue/memory.driver.js';
import { QueueDriver } from '../../src/queue/queue.driver.js';
import { SimClock } from './sim.clock.js';
import { SimContainer } from './sim.container.js';
import { ordersSql } from '../../src/orders/store/sql/dialects.js';
import { OrdersSql } from '../../src/orders/store/sql/orders.sql.js';
import { SimDatabase } from './sim.database.js';
import { SimHandler } from './sim.handler.js';
import type { World } from './world.js';

/** As `@Interval` says. */
const TICK_MS = 1000;

/** One life of the server: the real classes from the start to a stop or a death, as Nest would make and call them. */
export class SimProcess {
  readonly #container: SimContainer;
  readonly #database: SimDatabase;
  readonly #clock: SimClock;
  readonly #ended = Promise.withResolvers<never>();
  /** Requests without an answer. */
  readonly #requests = new Set<Promise<unknown>>();
  isDead = false;
  isReady = false;
  isStopping = false;

  constructor(world: World, config: Config, capacity: number) {
    const turns = world.turnsOf(this);
    this.#clock = new SimClock(world.time, turns);
    this.#database = new SimDatabase(world.file, {
      mayWait: (label) => (world.random() < world.waits ? turns.point(label) : undefined),
      fault: () => world.takeFault(),
    });
    const random = new Random();
    random.share = world.random;
    random.uuid = () => `process ${world.lives}`;
    const events = new EventEmitter2();
    const given: [unknown, unknown][] = [
      [CONFIG, config],
      [Clock, this.#clock],
      [Random, random],
      [Database, this.#database],
      [OrdersSql, ordersSql(this.#database)],
      [EventEmitter2, events],
      ...ORDER_ENTITIES.map((entity): [unknown, unknown] => [getRepositoryToken(entity, READER), undefined]), // nobody lists orders here
      [QueueDriver, new MemoryQueueDriver(capacity)],
      [OrderHandler, new SimHandler(world, this.#clock, turns)],
      ...world.replaced,
    ];
    this.#container = new SimContainer(given, events);
    this.#ended.promise.catch(() => undefined);
  }

  /** Rejects when the process dies before its time, or cannot start. */
  async boot(): Promise<void> {
    const schedule = this.#container.get(ProcessingSchedule);
    this.#container.get(OrdersService);
    await this.#container.call('onModuleInit');
    await this.#container.call('onApplicationBootstrap');
    this.#clock.every(TICK_MS, () => void schedule.tick());
    this.isReady = true;
  }

  /** A request of a client; rejects with `ConnectionLost` when the process dies before it is answered. */
  async ask<Answer>(request: (orders: OrdersService) => Promise<Answer>): Promise<Answer> {
    const answer = request(this.#container.get(OrdersService));
    this.#requests.add(answer);
    const done = () => this.#requests.delete(answer);
    void answer.then(done, done);
    return Promise.race([answer, this.#ended.promise]);
  }

  /** SIGTERM: finishes what runs, answers what was asked, and ends. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.#container.call('beforeApplicationShutdown');
    while (this.#requests.size > 0) await Promise.allSettled(this.#requests);
    await this.kill();
  }

  /** SIGKILL: nothing is finished, nobody is told. */
  async kill(): Promise<void> {
    if (this.isDead) return;
    this.isDead = true;
    this.isReady = false;
    this.#ended.reject(new ConnectionLost());
    await this.#database.onApplicationShutdown();
  }
}

/** The server died, or is not there: the client does not know what became of its request. */
export class ConnectionLost extends Error {}
