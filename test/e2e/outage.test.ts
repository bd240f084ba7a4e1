import { DataSource } from 'typeorm';
import { check } from '../../chaos/checker.js';
import { get, until } from '../support/client.js';
import { OwnPostgres } from '../support/own.postgres.js';
import { ServerProcess } from '../support/server.js';

const CLIENTS = 8;

const isPossible = OwnPostgres.isPossible();
if (!isPossible && process.env['CI'] === 'true') throw new Error('there is no PostgreSQL to crash');

(isPossible ? describe : describe.skip)('while PostgreSQL crashes and comes back, under load', () => {
  it('refuses with 503 and Retry-After, goes on by itself, and loses nothing', async () => {
    const postgres = await OwnPostgres.create();
    const environment = { DATABASE_URL: postgres.url, LEASE_MS: 1000, PROCESSING_TIME_MS: 5 };
    const servers = await Promise.all(
      ['api', 'worker', 'all'].map((ROLE) => ServerProcess.start({ ...environment, ROLE })),
    );
    const [api] = servers;
    const sent = new Set<string>();
    const acknowledged = new Set<string>();
    const refusals = new Map<number, Set<string | null>>();
    let isPosting = true;
    const post = async (client: number) => {
      for (let number = 0; isPosting; number++) {
        const order_id = `${client}-${number}`;
        sent.add(order_id);
        const body = JSON.stringify({ order_id, user_id: 'u', item_ids: ['i'], total_amount: 1 });
        for (let isOpen = true; isOpen;) {
          const headers = { 'content-type': 'application/json' };
          const answer = await fetch(`${api?.url}/orders`, { method: 'POST', headers, body });
          isOpen = answer.status >= 300;
          if (isOpen)
            refusals.set(
              answer.status,
              (refusals.get(answer.status) ?? new Set()).add(answer.headers.get('retry-after')),
            );
          else acknowledged.add(order_id);
        }
      }
    };
    const posting = Promise.all(Array.from({ length: CLIENTS }, (_, client) => post(client)));
    for (let crashes = 1; crashes <= 2; crashes++) {
      const before = acknowledged.size;
      await until(
        async () => acknowledged.size,
        (size) => size > before + 200,
        10_000,
      );
      postgres.crash();
      await until(
        async () => refusals.get(503)?.size ?? 0,
        (size) => size > 0,
        10_000,
      );
      expect((await get(`${api?.url}/health/ready`)).status).toBe(503);
      postgres.start();
      await until(
        () => get(`${api?.url}/health/ready`),
        ({ status }) => status === 200,
        10_000,
      );
    }
    isPosting = false;
    await posting;
    expect([...refusals]).toEqual([[503, new Set(['1'])]]);
    await until(
      () => get(`${api?.url}/metrics`),
      ({ body }) => body.completed_orders === sent.size,
      20_000,
    );
    const source = await new DataSource({ type: 'postgres', url: postgres.url }).initialize();
    const findings = await check(<Row>(sql: string) => source.query<Row[]>(sql), { sent, acknowledged });
    expect(findings.filter(({ count }) => count > 0)).toEqual([]);
    await source.destroy();
    for (const server of servers) expect(await server.stop()).toBe(0);
    postgres.remove();
  }, 90_000);
});
