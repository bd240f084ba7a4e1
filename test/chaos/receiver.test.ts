import { Receiver } from '../../chaos/receiver.js';
import type { Query } from '../../chaos/checker.js';

/** What decides on an execution: done, refused for good, to be tried again. */
const [DONE, REFUSED, LATER] = [0.5, 0.025, 0];

describe('the receiver of a campaign', () => {
  let chance: number;
  let receiver: Receiver;
  beforeEach(async () => {
    chance = DONE;
    receiver = new Receiver(() => chance);
    await receiver.listen();
  });
  afterEach(() => receiver.close());

  const execute = (attempt: number, life = 0) =>
    fetch(receiver.url(life), {
      method: 'POST',
      headers: { 'idempotency-key': 'one', 'x-order-attempt': String(attempt) },
    });

  /** The names of the checks that find something when the table holds this. */
  async function found(status: string, attempts: number): Promise<string[]> {
    const query: Query = async <Row>() => [{ id: 'one', status, attempts }] as Row[]; // what its one statement asks for
    const findings = await receiver.check(query);
    return findings.filter(({ count }) => count > 0).map(({ check }) => check);
  }

  it('finds nothing in an order that was done, or refused for good', async () => {
    await execute(1);
    expect(await found('Completed', 1)).toEqual([]);
    chance = REFUSED;
    await execute(2);
    expect(await found('Failed', 2)).toEqual([]);
    expect(receiver.hasRefused('one')).toBe(true);
  });

  it('finds an order that was completed though it was never executed, or its last attempt was refused', async () => {
    expect(await found('Completed', 1)).toEqual(['completed, never executed to its end']);
    await execute(1);
    chance = REFUSED;
    await execute(2);
    expect(await found('Completed', 2)).toEqual(['completed, never executed to its end']);
  });

  it('finds an order that failed though it was not refused for good', async () => {
    chance = LATER;
    await execute(1);
    expect(await found('Failed', 1)).toEqual(['failed, never refused for good']);
  });

  it('finds one attempt that is executed twice, and one that runs beside another', async () => {
    await Promise.all([execute(1), execute(1)]);
    expect(await found('Completed', 1)).toEqual(['executed twice at one time', 'one attempt executed twice']);
  });

  it('lets an attempt run beside one of a server that is dead', async () => {
    await Promise.all([execute(1, 0), execute(2, 1)]);
    expect(await found('Completed', 2)).toEqual([]);
  });

  it('finds an execution whose start is not in the table', async () => {
    await execute(2);
    expect(await found('Processing', 1)).toEqual(['executed before its start was stored']);
  });

  it('knows which orders are to be tried again', async () => {
    chance = LATER;
    await execute(1);
    expect([receiver.refusals, receiver.toBeTriedAgain]).toEqual([1, ['one']]);
    chance = DONE;
    await execute(2);
    expect(receiver.toBeTriedAgain).toEqual([]);
  });
});
