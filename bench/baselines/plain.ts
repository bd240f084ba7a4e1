import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, Module, Post, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { listen } from './listen.js';
import { OrderDto } from './order.dto.js';

const constant: unknown = JSON.parse(process.env['CONSTANT'] ?? '{}');

/** The plain Nest route: the same body, Nest's own validation, no database. And a GET that returns a constant. */
@Controller()
class PlainController {
  @Post('orders')
  create(@Body() { order_id = randomUUID() }: OrderDto) {
    return { message: 'Order received', order_id, status: 'Pending' };
  }

  @Get('constant')
  get(): unknown {
    return constant;
  }
}

@Module({ controllers: [PlainController] })
class PlainModule {}

const app = await NestFactory.create(PlainModule);
app.useGlobalPipes(new ValidationPipe());
await listen(app);
