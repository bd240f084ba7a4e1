import fc from 'fast-check';
import { anOrder, post } from './client.js';
import { OUTCOMES, type Outcome } from './held.work.js';
import type { OrderModel, System } from './order.model.js';

type Command = fc.AsyncCommand<OrderModel, System>;

/** Few ids, so that they meet each other. */
const id = fc.integer({ min: 1, max: 9 }).map((number) => `order-${number}`);
const content = fc.integer({ min: 1, max: 2 });

const ending = fc
  .tuple(fc.nat(), fc.constantFrom(...OUTCOMES))
  .map(([which, outcome]): Command => end(which, outcome));
const creation = fc.tuple(id, content).map(([name, amount]): Command => create(name, amount));

/**
 * Random sequences of what clients, people, the work and fate do to orders. One that is listed more often happens more
 * often: few restarts, for they take long, and enough orders for a line to form.
 */
export const commands = fc.commands(
  [
    ...Array<typeof creation>(6).fill(creation),
    ...Array<typeof ending>(5).fill(ending),
    fc.nat().map((which) => end(which, 'failed')),
    id.map(cancel),
    ...Array.from({ length: 3 }, () => id.map(retry)),
    fc.constant(null).map(restart),
  ],
  { maxCommands: 40, size: 'max' },
);

/** Makes a new order, or repeats it, or contradicts it. */
function create(name: string, amount: number): Command {
  return command(`create(${name}, ${amount})`, async (model, { url }) => {
    const orderId = `${model.userId}-${name}`;
    const body = anOrder({ order_id: orderId, user_id: model.userId, total_amount: amount });
    const before = model.orders.get(orderId);
    const answer = await post(`${url}/orders`, body);
    if (!before) {
      expect(answer).toMatchObject({ status: 201, body: { order_id: orderId, status: 'Pending' } });
      model.accept(orderId, amount);
    } else if (before.content === amount)
      expect(answer).toMatchObject({ status: 200, body: { order_id: orderId, status: before.status } });
    else expect(answer.status).toBe(409);
  });
}

function cancel(name: string): Command {
  return lever('cancel', name, 'Pending', (model, orderId) => (model.order(orderId).status = 'Cancelled'));
}

function retry(name: string): Command {
  return lever('retry', name, 'Failed', (model, orderId) => model.retry(orderId));
}

/** What a person does to an order that must be in one status for it. */
function lever(
  action: string,
  name: string,
  from: string,
  apply: (model: OrderModel, orderId: string) => void,
): Command {
  return command(`${action}(${name})`, async (model, { url }) => {
    const orderId = `${model.userId}-${name}`;
    const status = model.orders.get(orderId)?.status;
    const answer = await post(`${url}/orders/${orderId}/${action}`);
    expect(answer.status).toBe(status === undefined ? 404 : status === from ? 200 : 409);
    if (status === from) apply(model, orderId);
  });
}

/** Ends one of the running attempts, if there is one. */
function end(which: number, outcome: Outcome): Command {
  return command(`end(${which}, ${outcome})`, async (model, { work }) => {
    const running = model.processing();
    const orderId = running[which % running.length];
    if (!orderId) return;
    work.end(orderId, outcome);
    model.end(orderId, outcome);
  });
}

function restart(): Command {
  return command('restart()', async (model, system) => {
    await system.restart();
    model.interrupt();
  });
}

function command(name: string, act: (model: OrderModel, system: System) => Promise<void>): Command {
  return {
    check: () => true,
    run: async (model, system) => {
      await act(model, system);
      await model.compare(system);
    },
    toString: () => name,
  };
}
