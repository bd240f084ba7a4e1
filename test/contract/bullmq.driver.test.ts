import { jest } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { BullmqQueueDriver } from '../../src/queue/bullmq.driver.js';
import { until } from '../support/client.js';
import { freePort } from '../support/ports.js';
import { isRedisThere, RedisBench } from '../support/redis.js';
import { queueDriverContract } from './queue.driver.contract.js';
import { drain, entry, idsOf, range, tableOf } from './queue.table.js';

const bench = new RedisBench();

afterEach(() => bench.clean());

const suite = (await isRedisThere()) ? describe : describe.skip;
suite('Redis', () => {
  queueDriverContract('the BullMQ driver with a window of 4', () => bench.driver({ capacity: 4 }), 4, 60);
  queueDriverContract('the BullMQ driver', () => bench.driver({ capacity: 1000 }), 1000, 60);

  /** A connected driver on the queue `name` that serves a table with these entries. */
  async function serve(name: string, ids: number[], lockMs = 3000) {
    const { table, read } = tableOf(ids);
    const driver = await bench.driver({ name, lockMs });
    driver.open(async (after, limit) => read(after, limit));
    return { driver, table };
  }

  describe('the BullMQ driver', () => {
    it('claims everything after a rewind when Redis lost its data', async () => {
      const name = bench.name();
      const { driver, table } = await serve(name, range(1, 20));
      expect(idsOf(await driver.claim(5))).toEqual(range(1, 5));
      for (const id of range(1, 5)) table.delete(id);
      await bench.lose(name);
      expect(await driver.claim(5)).toEqual([]);
      driver.ack(1);
      driver.rewind();
      expect(await drain(driver, 7)).toEqual(range(6, 20));
    });

    it('gives an entry to one of several processes', async () => {
      const name = bench.name();
      const drivers = (await Promise.all([1, 2, 3].map(() => serve(name, range(1, 300))))).map(
        (one) => one.driver,
      );
      const claimed = (await Promise.all(drivers.map((driver) => drain(driver, 10)))).flat();
      for (const driver of drivers) driver.rewind();
      claimed.push(...(await Promise.all(drivers.map((driver) => drain(driver, 10)))).flat());
      expect(claimed.toSorted((a, b) => a - b)).toEqual(range(1, 300));
    });

    it('claims nothing that a process which only accepts has enqueued: it cannot know what precedes it', async () => {
      const name = bench.name();
      const api = await bench.driver({ name });
      api.enqueue([entry(3)]);
      const { driver, table } = await serve(name, [1, 2]);
      expect(await drain(driver, 1)).toEqual([1, 2]);
      table.set(3, entry(3));
      driver.rewind();
      expect(await drain(driver, 1)).toEqual([3]);
    });

    it('claims what comes back to a position far ahead before what waits behind it', async () => {
      const { driver, table } = await serve(bench.name(), []);
      await driver.claim(1);
      for (const id of [5000, 5001, 7]) table.set(id, entry(id));
      driver.enqueue([entry(5000), entry(5001), entry(7)]);
      expect(await drain(driver, 1)).toEqual([7, 5000, 5001]);
    });

    it('reads what precedes a full window, though the window never runs empty', async () => {
      const { driver, table } = await serve(bench.name(), range(5000, 5999));
      expect(idsOf(await driver.claim(1))).toEqual([5000]);
      table.set(1, entry(1));
      driver.rewind();
      const later: number[] = [];
      await until(
        async () => (later.push(...idsOf(await driver.claim(1))), later.includes(1)),
        Boolean,
        3000,
      );
      expect(later.length).toBeLessThan(950);
    });

    it('claims in queue order, also from what others brought in', async () => {
      const name = bench.name();
      const { table, read } = tableOf(range(1, 5000));
      const [one, other] = await Promise.all([bench.driver({ name }), bench.driver({ name })]);
      for (const driver of [one, other]) driver.open(async (after, limit) => read(after, limit));
      const claimed: number[] = [];
      for (let turn = 0; claimed.length < 5000; turn++) {
        const ids = idsOf(await (turn % 2 ? one : other).claim(100));
        for (const id of ids) table.delete(id);
        claimed.push(...ids);
        for (const id of range(5001 + turn * 100, 5100 + turn * 100)) table.set(id, entry(id));
        one.enqueue(range(5001 + turn * 100, 5100 + turn * 100).map(entry));
      }
      expect(claimed).toEqual(range(1, claimed.length));
    });

    it('keeps what it claimed, and takes over what a dead process had claimed', async () => {
      const name = bench.name();
      await bench.claimAndDie(name, entry(1), 300);
      const { driver } = await serve(name, [2], 300);
      expect(idsOf(await driver.claim(2))).toEqual([2]);
      await until(async () => idsOf(await driver.claim(1))[0] === 1, Boolean, 3000);
      const other = await serve(name, [], 300);
      await wait(1200);
      expect(await other.driver.claim(2)).toEqual([]);
    });

    it('does not claim again what it claimed, though its lock ran out', async () => {
      const name = bench.name();
      const { driver } = await serve(name, [1], 60_000); // renews too late for this test
      expect(idsOf(await driver.claim(1))).toEqual([1]);
      await bench.loseLock(name, 1);
      await serve(name, [], 300); // looks for what has stalled
      for (let tries = 0; tries < 15; tries++) {
        expect(await driver.claim(1)).toEqual([]);
        await wait(100);
      }
    });

    it('leaves nothing claimed when it is closed', async () => {
      const name = bench.name();
      const { driver } = await serve(name, [1, 2]);
      expect(idsOf(await driver.claim(2))).toEqual([1, 2]);
      await driver.onApplicationShutdown();
      const next = await serve(name, [1, 2]);
      expect(await drain(next.driver, 2)).toEqual([1, 2]);
    });
  });
});

describe('the BullMQ driver without Redis', () => {
  const logged = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  let driver: BullmqQueueDriver;

  beforeEach(async () => (driver = new BullmqQueueDriver(`redis://127.0.0.1:${await freePort()}`)));
  afterEach(() => driver.onApplicationShutdown());
  afterAll(() => logged.mockRestore());

  it('takes what is enqueued at once, lets nothing be claimed, says so once, and closes quickly', async () => {
    const { read } = tableOf([1]);
    driver.open(async (after, limit) => read(after, limit));
    const start = performance.now();
    for (const id of range(1, 1000)) driver.enqueue([entry(id)]);
    driver.rewind();
    driver.ack(1);
    expect(performance.now() - start).toBeLessThan(200);
    for (let tries = 0; tries < 4; tries++) {
      await expect(driver.claim(1)).rejects.toThrow('Redis is unavailable');
      await wait(100);
    }
    expect(logged).toHaveBeenCalledTimes(1);
    const closing = performance.now();
    await driver.onApplicationShutdown();
    expect(performance.now() - closing).toBeLessThan(200);
    driver.enqueue([entry(3)]);
  });
});
