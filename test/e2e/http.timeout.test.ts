import { startApp, type RunningApp } from '../support/app.js';
import { anOrder, get, post, until } from '../support/client.js';
import { Receiver } from '../support/receiver.js';

describe('an attempt by HTTP that takes longer than ATTEMPT_TIMEOUT_MS', () => {
  const receiver = new Receiver();
  let server: RunningApp;
  beforeAll(async () => {
    const config = { ATTEMPT_TIMEOUT_MS: 50, MAX_ATTEMPTS: 2, RETRY_BACKOFF_MS: 0 };
    const PROCESSOR_URL = await receiver.open();
    server = await startApp({ config: { ...config, PROCESSOR: 'http', PROCESSOR_URL } });
  });
  afterAll(async () => {
    await server.close();
    await receiver.close();
  });

  it.each<[string, Receiver['reply']]>([
    ['without a reply', () => undefined],
    ['with a reply of 200 that never ends', (response) => void response.writeHead(200).write('and')],
    ['with a reply of 500 that never ends', (response) => void response.writeHead(500).write('and')],
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
});
