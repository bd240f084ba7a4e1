import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until } from '../support/client.js';
import { Receiver } from '../support/receiver.js';

describe('an attempt by HTTP that takes longer than ATTEMPT_TIMEOUT_MS', () => {
  const receiver = new Receiver();
  let server: RunningApp;
  /** Has time for the beginning of a reply, also on a machine that is busy. */
  let patient: RunningApp;
  beforeAll(async () => {
    const PROCESSOR_URL = await receiver.open();
    const start = (ATTEMPT_TIMEOUT_MS: number) =>
      startApp({
        config: {
          ATTEMPT_TIMEOUT_MS,
          MAX_ATTEMPTS: 2,
          RETRY_BACKOFF_MS: 0,
          PROCESSOR: 'http',
          PROCESSOR_URL,
        },
      });
    server = await start(50);
    patient = await start(4000);
  });
  afterAll(async () => {
    await server.close();
    await patient.close();
    await receiver.close();
  });

  it.each<[string, Receiver['reply']]>([
    ['without a reply', () => undefined],
    ['with headers that never end', (response) => void response.socket?.write('HTTP/1.1 200 OK\r\nx-')],
  ])('%s: has failed with the code timeout, and its connection is closed', async (name, reply) => {
    let closed = 0;
    receiver.reply = (response, request) => {
      response.once('close', () => closed++);
      reply(response, request);
    };
    const order_id = name.replaceAll(' ', '-');
    await post(`${server.url}/orders`, anOrder({ order_id }));
    const { body } = await until(
      () => get(`${server.url}/orders/${order_id}`),
      (answer) => answer.body.status === 'Failed',
    );
    const error = { code: 'timeout', message: 'the attempt took longer than 50 ms', attempt: 2 };
    expect(body).toMatchObject({ attempts: 2, error });
    await until(
      async () => closed,
      (count) => count === 2,
    );
  });

  it.each<[status: number, end: string, error: unknown]>([
    [200, 'Completed', null],
    [204, 'Completed', null],
    [500, 'Failed', { code: 'processor_unavailable', message: 'the processor answered 500', attempt: 2 }],
    [404, 'Failed', { code: 'processor_refused', message: 'the processor answered 404', attempt: 1 }],
  ])(
    'is not one when the reply begins with %i and never ends: the status line decides',
    async (status, end, error) => {
      let begun = 0;
      let closed = 0;
      receiver.reply = (response) => {
        begun++;
        response.once('close', () => closed++);
        response.socket?.write(`HTTP/1.1 ${status} So\r\ncontent-length: 100\r\n\r\nand`);
      };
      const order_id = `status-${status}`;
      await post(`${patient.url}/orders`, anOrder({ order_id }));
      const { body } = await until(
        () => get(`${patient.url}/orders/${order_id}`),
        (answer) => answer.body.status === end,
      );
      expect(body.error).toEqual(error);
      await until(async () => closed === begun); // the rest is not waited for either
    },
  );
});
