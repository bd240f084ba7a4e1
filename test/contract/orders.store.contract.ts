import type { OpenDatabase } from '../support/store.js';
import { booksContract } from './orders.books.contract.js';
import { orderLogContract } from './order.log.contract.js';
import { insertContract } from './orders.insert.contract.js';
import { transitionContract } from './orders.transition.contract.js';
import { readerContract } from './orders.reader.contract.js';

/** What `OrdersStore` and `OrdersReader` promise on every database. */
export function ordersStoreContract(name: string, open: OpenDatabase): void {
  describe(`the store of orders on ${name}`, () => {
    insertContract(open);
    transitionContract(open);
    booksContract(open);
    readerContract(open);
    orderLogContract(open);
  });
}
