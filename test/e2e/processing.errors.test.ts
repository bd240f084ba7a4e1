import { startApp } from '../support/app.js';
import { anOrder, post, untilStatus } from '../support/client.js';
import { withWork } from '../support/work.js';

describe('work that throws', () => {
  it.each<[what: string, thrown: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'out of stock'],
    ['a number', 7],
    ['a symbol', Symbol('odd')],
    ['an object', { reason: 'odd' }],
    ['an object without a prototype', Object.create(null)],
    ['an error without a message', Object.assign(new Error(), { message: undefined })],
    ['an error with a very long message', new Error('long '.repeat(100_000))],
    ['an error with a NUL and half a character', new Error('a\u0000b\ud800')],
  ])('%s hurts its own order only', async (_, thrown) => {
    const server = await startApp({
      config: { MAX_ATTEMPTS: 1, PROCESSOR_CONCURRENCY: 1 },
      ...withWork(({ orderId }) => {
        if (orderId === 'bad') throw thrown;
      }),
    });
    for (const order_id of ['before', 'bad', 'after'])
      await post(`${server.url}/orders`, anOrder({ order_id }));
    try {
      await untilStatus(server.url, 'after', 'Completed');
      expect(await untilStatus(server.url, 'bad', 'Failed')).toMatchObject({
        error: { code: expect.stringMatching(/\S/), message: expect.any(String), attempt: 1 },
      });
    } finally {
      await server.close();
    }
  });
});
