import { orderPath, post, Problem } from './api.js';
import { redraw } from './redraw.js';

/** @typedef {{ isProblem: boolean, text: string }} Notice */

/** What a person does to orders, and what came of the last of it, in words. */
export class Actions {
  /** @type {Notice | undefined} */
  notice;
  /** What is being done: its buttons wait. @type {string | undefined} */
  running;

  /** @param {string} id */
  cancel(id) {
    return this.#run('cancel', async () => {
      await post(`${orderPath(id)}/cancel`);
      return `Order ${id} is cancelled.`;
    });
  }

  /** @param {string} id */
  retry(id) {
    return this.#run('retry', async () => {
      await post(`${orderPath(id)}/retry`);
      return `Order ${id} is Pending again, at the end of the queue.`;
    });
  }

  /** Every Failed order; the API takes a thousand at a time. */
  redrive() {
    return this.#run('redrive', async () => {
      let retried = 0;
      for (let hasMore = true; hasMore;) {
        const answer = await post('orders/retry', {});
        retried += answer.retried;
        hasMore = answer.has_more && answer.retried > 0;
      }
      return `${retried === 1 ? '1 failed order is' : `${retried} failed orders are`} Pending again.`;
    });
  }

  /** @param {{ order_id?: string, user_id: string, item_ids: string[], total_amount: number }} order */
  postOrder(order) {
    return this.#run('post', async () => {
      const { order_id } = await post('orders', order);
      return `Order ${order_id} is accepted.`;
    });
  }

  /** @param {number} count */
  postMany(count) {
    return this.#run('post', async () => {
      const orders = Array.from({ length: count }, (_, index) => testOrder(index));
      const { accepted, rejected, results } = await post('orders/batch', { orders });
      if (rejected === 0) return `${accepted} test orders are accepted.`;
      const refused = results.find(
        /** @param {{ status_code: number }} result */ (result) => result.status_code >= 400,
      );
      throw new Problem(refused.status_code, `${accepted} accepted, ${rejected} refused: ${refused.message}`);
    });
  }

  dismiss() {
    this.notice = undefined;
    redraw();
  }

  /**
   * @param {string} name
   * @param {() => Promise<string>} action says what it has done
   * @returns {Promise<boolean>} whether it was done
   */
  async #run(name, action) {
    if (this.running) return false;
    this.running = name;
    this.notice = undefined;
    redraw();
    try {
      this.notice = { isProblem: false, text: await action() };
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.notice = { isProblem: true, text: error.message };
      return false;
    } finally {
      this.running = undefined;
      redraw();
    }
  }
}

/** @param {number} index */
function testOrder(index) {
  return {
    user_id: `user-${1 + (index % 10)}`,
    item_ids: [`item-${1 + (index % 7)}`, `item-${1 + (index % 13)}`],
    total_amount: Math.round(100 * (5 + 145 * Math.random())) / 100,
  };
}
