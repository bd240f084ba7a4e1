import { MemoryQueueDriver } from '../../src/queue/memory.driver.js';
import { QueueService } from '../../src/queue/queue.service.js';
import { entry } from '../contract/queue.table.js';

/** A queue over an empty backlog, and how often it woke whoever works on it. */
async function queueOf() {
  const queue = new QueueService(new MemoryQueueDriver());
  const woken = { times: 0 };
  queue.open(
    async () => [],
    () => woken.times++,
  );
  await queue.claim(1); // the backlog has been read to its end
  return { queue, woken };
}

describe('the queue, of an entry that is enqueued while it is claimed,', () => {
  it('gives it again when it is acknowledged, and wakes for it', async () => {
    const { queue, woken } = await queueOf();
    queue.enqueue([entry(1)]);
    await queue.claim(1);
    queue.enqueue([{ id: 1, position: 7 }]);
    expect(await queue.claim(1)).toEqual([]);
    woken.times = 0;
    queue.ack(1);
    expect(woken.times).toBe(1);
    expect(await queue.claim(1)).toEqual([{ id: 1, position: 7 }]);
    queue.ack(1);
    expect(await queue.claim(1)).toEqual([]);
  });

  it('gives it once when it is released', async () => {
    const { queue } = await queueOf();
    queue.enqueue([entry(1)]);
    await queue.claim(1);
    queue.enqueue([entry(1)]);
    queue.release([entry(1)]);
    expect(await queue.claim(2)).toEqual([entry(1)]);
    queue.ack(1);
    expect(await queue.claim(2)).toEqual([]);
  });

  it('gives it once when it is enqueued after it was released', async () => {
    const { queue } = await queueOf();
    queue.enqueue([entry(1)]);
    await queue.claim(1);
    queue.release([entry(1)]);
    queue.enqueue([entry(1)]);
    expect(await queue.claim(2)).toEqual([entry(1)]);
    queue.ack(1);
    expect(await queue.claim(2)).toEqual([]);
  });
});
