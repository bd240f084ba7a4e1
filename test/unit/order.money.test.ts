import fc from 'fast-check';
import { SchemaValidator } from '../../src/http/validation/schema.validator.js';
import { CreateOrderDto, toOrderRequest } from '../../src/orders/dto/create-order.dto.js';
import { toOrderDto } from '../../src/orders/dto/order.dto.js';
import type { Order } from '../../src/domain/order.js';
import { startApp, type RunningApp } from '../support/app.js';
import { anOrder } from '../support/client.js';

/** 999 999 999.99 in minor units. */
const HIGHEST = 99_999_999_999;

let server: RunningApp;
let schemas: SchemaValidator;
beforeAll(async () => {
  server = await startApp();
  schemas = server.app.get(SchemaValidator);
});
afterAll(() => server.close());

describe('money', () => {
  const minorUnits = (amount: number) => {
    const dto = anOrder({ total_amount: amount });
    if (!schemas.admits(CreateOrderDto, dto)) return undefined;
    return toOrderRequest(dto as unknown as CreateOrderDto, null).totalAmount; // just validated
  };
  const asText = (units: number) => `${Math.floor(units / 100)}.${String(units % 100).padStart(2, '0')}`;

  it('of any whole number of minor units is accepted and stays exactly that', () => {
    const units = fc.oneof(
      fc.integer({ min: 0, max: HIGHEST }),
      fc.integer({ min: HIGHEST - 10_000, max: HIGHEST }),
    );
    const check = (n: number) => minorUnits(n / 100) === n && minorUnits(Number(asText(n))) === n;
    fc.assert(fc.property(units, check), { numRuns: 20_000 });
    expect(Array.from({ length: 20_000 }, (_, n) => n).filter((n) => !check(n))).toEqual([]);
    expect([0, HIGHEST].filter((n) => !check(n))).toEqual([]);
  });

  it('is returned as it was accepted', () => {
    const order = { totalAmount: 0, createdAt: 0, updatedAt: 0, startedAt: null, completedAt: null };
    const returned = (n: number) => toOrderDto({ ...order, totalAmount: n } as unknown as Order).total_amount; // only these fields matter
    fc.assert(
      fc.property(fc.integer({ min: 0, max: HIGHEST }), (n) => {
        expect(JSON.stringify(returned(n))).toBe(String(Number(asText(n))));
      }),
      { numRuns: 5000 },
    );
  });

  it('with more than two decimals is refused', () => {
    const tail = fc.stringMatching(/^[0-9]{1,4}$/).filter((digits) => /[1-9]/.test(digits));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: HIGHEST - 1 }), tail, (n, digits) => {
        expect(minorUnits(Number(asText(n) + digits))).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it.each([-0.01, -1, 1_000_000_000, 999_999_999.991, 1e21, Infinity, NaN])('is never %d', (amount) => {
    expect(minorUnits(amount)).toBeUndefined();
  });

  it('has no minus zero', () => {
    expect(Object.is(minorUnits(-0), 0)).toBe(true);
  });
});
