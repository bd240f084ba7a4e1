import { Clock } from '../../src/common/clock.js';
import { Random } from '../../src/common/random.js';
import type { Database } from '../../src/database/database.js';
import { openDatabase } from '../../src/database/open.database.js';
import type { LogPosition } from '../../src/orders/store/log/log.position.js';
import type { DeliveryResult, DeliveryStep } from '../../src/webhooks/store/delivery.step.js';
import { DeliverySteps } from '../../src/webhooks/store/delivery.steps.js';
import { HeldWebhooks } from '../../src/webhooks/store/held.webhooks.js';
import { PLACES } from '../support/any.database.js';
import { until } from '../support/client.js';

const ID = '00000000-0000-4000-8000-000000000000';
const START: LogPosition = { accepted: 0, transitioned: 0 };
const LEASE_MS = 1500;

for (const place of Object.values(PLACES))
  (place.isThere ? describe : describe.skip)(`the steps of a webhook on ${place.name}`, () => {
    const clock = new Clock();
    let made: Awaited<ReturnType<typeof place.create>>;
    let database: Database;
    let steps: DeliverySteps;
    let held: HeldWebhooks;

    const process = () => new HeldWebhooks(database, clock, new Random(), { LEASE_MS });
    const webhook = async () => {
      const [row] = await database.read<{ state: string; at: number; disabled_reason: string | null }>(
        'SELECT state, accepted AS at, disabled_reason FROM webhooks',
      );
      return row && { ...row, at: Number(row.at) };
    };
    const states = async () =>
      (
        await database.read<{ message_id: string; state: string; at: number | null }>(
          'SELECT message_id, state, next_attempt_at AS at FROM webhook_deliveries ORDER BY id',
        )
      ).map(({ message_id, state, at }) => `${message_id} ${state}${at === null ? '' : ' due'}`);
    const step = (given: Partial<DeliveryStep>): DeliveryStep => ({
      webhookId: ID,
      owner: held.owner,
      results: [],
      deliveries: [],
      from: START,
      to: given.from ?? START,
      disable: () => undefined,
      ...given,
    });
    const messages = (...names: string[]) =>
      names.map((messageId) => ({
        messageId,
        orderSeq: Number(messageId[1]),
        userId: 'user-1',
        payload: '{}',
      }));
    const result = async (messageId: string, state: DeliveryResult['state']): Promise<DeliveryResult> => {
      const [row] = await database.read<{ id: number; seq: number }>(
        'SELECT id, order_seq AS seq FROM webhook_deliveries WHERE message_id = ?',
        [messageId],
      );
      return {
        id: Number(row?.id),
        orderSeq: Number(row?.seq),
        state,
        nextAttemptAt: state === 'pending' ? clock.now() : null,
        attempts: 1,
        waitedMs: 0,
        attemptedAt: clock.now(),
        durationMs: 1,
        responseStatus: 200,
        error: null,
      };
    };

    beforeEach(async () => {
      made = await place.create();
      database = await openDatabase(made.url, 5);
      steps = new DeliverySteps(database, clock);
      held = process();
      await database.write(
        `INSERT INTO webhooks (id, url, statuses, secrets, state, accepted, transitioned, created_at, updated_at)
         VALUES (?, 'http://x', '[]', '[]', 'enabled', 0, 0, 0, 0)`,
        [ID],
      );
      await held.claim();
    });
    afterEach(async () => {
      await database.onApplicationShutdown();
      await made.remove();
    });

    it('make each message once, also when a step is written again because its outcome was not known', async () => {
      const to = { accepted: 2, transitioned: 0 };
      const first = step({ deliveries: messages('a1', 'a2'), to });
      expect(await steps.write(first)).toEqual(to);
      expect(await steps.write({ ...first, deliveries: messages('b1', 'b2', 'b3') })).toEqual(to);
      expect(await states()).toEqual(['a1 pending due', 'a2 pending due']);
      expect(await webhook()).toMatchObject({ at: 2 });
    });

    it('are written of one process only, the one that holds the endpoint', async () => {
      const stranger = step({
        owner: 'stranger',
        deliveries: messages('a1'),
        to: { accepted: 1, transitioned: 0 },
      });
      expect(await steps.write(stranger)).toBeUndefined();
      expect(await states()).toEqual([]);
      expect(await webhook()).toMatchObject({ at: 0 });
    });

    it('let a message wait for the earlier ones of its order, in one step and the next, and for no other', async () => {
      const [one, two] = [
        { accepted: 1, transitioned: 1 },
        { accepted: 1, transitioned: 2 },
      ];
      await steps.write(step({ deliveries: messages('a1', 'a2', 'b1'), to: one }));
      await steps.write(step({ deliveries: messages('c1', 'b2'), from: one, to: two }));
      expect(await states()).toEqual([
        'a1 pending due',
        'a2 pending due',
        'b1 pending',
        'c1 pending',
        'b2 pending',
      ]);
      await steps.write(step({ results: [await result('a1', 'pending')], from: two }));
      expect((await states())[2]).toBe('b1 pending');
      await steps.write(step({ results: [await result('a1', 'delivered')], from: two }));
      await steps.write(step({ results: [await result('a2', 'failed')], from: two }));
      expect(await states()).toEqual([
        'a1 delivered',
        'a2 failed',
        'b1 pending due',
        'c1 pending',
        'b2 pending due',
      ]);
    });

    it('do not change a message that is finished, as a late result would', async () => {
      await steps.write(step({ deliveries: messages('a1'), to: { accepted: 1, transitioned: 0 } }));
      await steps.write(step({ results: [await result('a1', 'delivered')] }));
      await steps.write(step({ results: [await result('a1', 'pending')] }));
      expect(await states()).toEqual(['a1 delivered']);
    });

    it('make no message of an endpoint that is not enabled, and write its results all the same', async () => {
      const to = { accepted: 1, transitioned: 0 };
      await steps.write(step({ deliveries: messages('a1'), to }));
      const results = [await result('a1', 'delivered')];
      expect(await steps.write(step({ from: to, disable: () => 'gone', results }))).toEqual(to);
      expect(await webhook()).toMatchObject({ state: 'disabled', disabled_reason: 'gone' });
      const more = step({ deliveries: messages('b1'), from: to, to: { accepted: 2, transitioned: 0 } });
      expect(await steps.write(more)).toBeUndefined();
      expect(await states()).toEqual(['a1 delivered']);
    });

    it('of many endpoints at once are all written', async () => {
      const written = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          steps.write(
            step(index % 2 === 0 ? { owner: 'stranger' } : { to: { accepted: 1, transitioned: 0 } }),
          ),
        ),
      );
      expect(written.filter(Boolean)).toHaveLength(25);
    });

    if (place === PLACES.file) return;

    it('are another process’s once the lease has run out, not before, or when it is given back', async () => {
      const other = process();
      expect([await other.claim(), (await held.claim()).length, held.isHeld]).toEqual([[], 1, true]);
      expect(
        await until(
          () => other.claim(),
          ({ length }) => length === 1,
        ),
      ).toHaveLength(1);
      expect([await held.claim(), await steps.write(step({}))]).toEqual([[], undefined]);
      await other.release();
      expect(await held.claim()).toHaveLength(1);
    });
  });
