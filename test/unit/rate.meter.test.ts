import fc from 'fast-check';
import { RateMeter } from '../../src/metrics/rate.meter.js';
import { HeldClock } from '../support/held.clock.js';

describe('a rate meter', () => {
  it('is 0 when nothing happened', () => {
    expect(new RateMeter(new HeldClock()).perSecond()).toBe(0);
  });

  it('does not divide by less than a second', () => {
    const clock = new HeldClock();
    const meter = new RateMeter(clock);
    meter.add(5);
    expect(meter.perSecond()).toBe(5);
    clock.advance(500);
    expect(meter.perSecond()).toBe(5);
  });

  it('knows a steady rate at once and for ever', () => {
    const clock = new HeldClock();
    const meter = new RateMeter(clock);
    for (let second = 1; second <= 200; second++) {
      meter.add(7);
      clock.advance(999); // just before the next second begins
      expect(meter.perSecond()).toBeCloseTo(7, 0);
      clock.advance(1);
    }
  });

  it('forgets what is more than a minute ago', () => {
    const clock = new HeldClock();
    const meter = new RateMeter(clock);
    meter.add(600);
    clock.advance(59_000);
    expect(meter.perSecond()).toBeCloseTo(600 / 59);
    clock.advance(1000);
    expect(meter.perSecond()).toBe(0);
    clock.advance(10_000_000);
    expect(meter.perSecond()).toBe(0);
  });

  it('counts exactly what fell into the last 60 seconds of the clock, however irregular', () => {
    const event = fc.record({
      waitMs: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 200_000 })),
      count: fc.nat(1000),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 100 }), fc.nat(999), (events, startMs) => {
        const clock = new HeldClock(startMs);
        const meter = new RateMeter(clock);
        const happened: { second: number; count: number }[] = [];
        for (const { waitMs, count } of events) {
          clock.advance(waitMs);
          meter.add(count);
          const second = Math.floor(clock.now() / 1000);
          happened.push({ second, count });
          const total = happened
            .filter((one) => one.second > second - 60)
            .reduce((sum, one) => sum + one.count, 0);
          const elapsed = (clock.now() - startMs) / 1000;
          expect(meter.perSecond()).toBeCloseTo(total / Math.min(60, Math.max(1, elapsed)), 6);
        }
      }),
    );
  });
});
