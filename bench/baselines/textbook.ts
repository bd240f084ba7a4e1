import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';
import { Body, Controller, Injectable, Module, Post, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Column,
  CreateDateColumn,
  DataSource,
  Entity,
  Index,
  PrimaryColumn,
  UpdateDateColumn,
  type Repository,
} from 'typeorm';
import { listen } from './listen.js';
import { OrderDto } from './order.dto.js';

/** What the same API needs: the fields that it shows, and an index for each list that it filters. */
@Entity('orders')
class OrderEntity {
  @PrimaryColumn('varchar')
  order_id!: string;
  @Index()
  @Column('varchar')
  user_id!: string;
  @Column('simple-json')
  item_ids!: string[];
  @Column('float')
  total_amount!: number;
  @Index()
  @Column('varchar')
  status!: string;
  @Index()
  @CreateDateColumn()
  created_at!: Date;
  @UpdateDateColumn()
  updated_at!: Date;
  @Column('datetime', { nullable: true })
  started_at!: Date | null;
  @Column('datetime', { nullable: true })
  completed_at!: Date | null;
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
      await orders.update({ order_id }, { status: 'Processing', started_at: new Date() });
      await wait(2000);
      await orders.update({ order_id }, { status: 'Completed', completed_at: new Date() });
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
