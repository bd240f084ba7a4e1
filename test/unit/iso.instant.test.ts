import fc from 'fast-check';
import { isoInstant } from '../../src/common/iso.instant.js';

const LAST = 8.64e15;

describe('the text of an instant', () => {
  it('is that of a Date, for neighbours and strangers', () => {
    const at = fc.oneof(fc.integer({ min: -LAST, max: LAST }), fc.double({ min: 0, max: 1e13, noNaN: true }));
    const steps = fc.array(fc.integer({ min: -1500, max: 1500 }), { maxLength: 5 });
    fc.assert(
      fc.property(at, steps, (first, further) => {
        for (const instant of [first, ...further.map((step) => first + step)])
          if (Math.abs(instant) <= LAST) expect(isoInstant(instant)).toBe(new Date(instant).toISOString());
      }),
      { numRuns: 5000 },
    );
  });

  it.each([0, -1, 999, 1000, 253402300799999, 253402300800000, -62167219200001, LAST, -LAST])(
    'at %p',
    (at) => {
      expect(isoInstant(at)).toBe(new Date(at).toISOString());
    },
  );

  it('of none is an error, and does not harm the next', () => {
    const now = 1_763_798_400_123;
    for (const wrong of [Number.NaN, LAST + 1000, Infinity]) {
      expect(() => isoInstant(wrong)).toThrow(RangeError);
      expect(isoInstant(now)).toBe('2025-11-22T08:00:00.123Z');
    }
  });
});
