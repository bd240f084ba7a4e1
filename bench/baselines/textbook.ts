import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { Body, Controller, Injectable, Module, Post, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Column, DataSource, Entity, PrimaryColumn, type Repository } from 'typeorm';
import { listen } from './listen.js';
import { OrderDto } from './order.dto.js';

@Entity('orders')
class OrderEntity {
  @PrimaryColumn('varchar')
  order_id!: string;
  @Column('varchar')
  user_id!: string;
  @Column('simple-json')
  item_ids!: string[];
  @Column('float')
  total_amount!: number;
  @Column('varchar')
  status!: string;
}

/** The same file format and the same promise as Ordermill's: a commit is on the disk when it returns. */
const database = await new DataSource({
  type: 'better-sqlite3',
  database: 'textbook.sqlite',
  entities: [OrderEntity],
  synchronize: true,
  prepareDatabase: (connection: unknown) => {
    (connection as Database).pragma('journal_mode = WAL');
    (connection as Database).pragma('synchronous = FULL');
  },
}).initialize();
const orders: Repository<OrderEntity> = database.getRepository(OrderEntity);

/** One job for each order, in memory, worked on one at a time. */
@Injectable()
class OrdersQueue {
  readonly #jobs: string[] = [];
  #working = false;

  add(orderId: string): void {
    this.#jobs.push(orderId);
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (let order_id = this.#jobs.shift(); order_id; order_id = this.#jobs.shift()) {
      await orders.update({ order_id }, { status: 'Processing' });
      await wait(2000);
      await orders.update({ order_id }, { status: 'Completed' });
    }
    this.#working = false;
  }
}

/** The textbook route: `repository.save()`, then a job for the queue. */
@Controller('orders')
class TextbookController {
  constructor(private readonly queue: OrdersQueue) {}

  @Post()
  async create(@Body() { order_id = randomUUID(), user_id, item_ids, total_amount }: OrderDto) {
    await orders.save({ order_id, user_id, item_ids, total_amount, status: 'Pending' });
    this.queue.add(order_id);
    return { message: 'Order received', order_id, status: 'Pending' };
  }
}

@Module({ controllers: [TextbookController], providers: [OrdersQueue] })
class TextbookModule {}

const app = await NestFactory.create(TextbookModule);
app.useGlobalPipes(new ValidationPipe());
await listen(app);
