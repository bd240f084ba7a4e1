import type { PipeTransform } from '@nestjs/common';
import { ORDER_ID } from './dto/order.fields.js';
import { OrderNotFound } from '../domain/order.errors.js';
import { noteOrder } from '../http/request.context.js';

/** An id in a URL that no order can have is not there: no database is asked, which some texts would upset. */
export class OrderIdPipe implements PipeTransform<string, string> {
  /** @throws OrderNotFound */
  transform(id: string): string {
    if (!ORDER_ID.test(id)) throw new OrderNotFound(id);
    noteOrder(id);
    return id;
  }
}
