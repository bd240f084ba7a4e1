import fc from 'fast-check';
import { Fifo } from '../../src/queue/fifo.js';

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ call: fc.constant('push' as const), item: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('unshift' as const), item: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('shift' as const), item: fc.constant(0) }) },
);

describe('a fifo', () => {
  it('does what an array does, through every growth of its ring', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        for (const { call, item } of steps) {
          if (call === 'shift') expect(fifo.shift()).toBe(model.shift());
          else {
            fifo[call](item);
            model[call](item);
          }
          expect(fifo.length).toBe(model.length);
        }
        expect(Array.from({ length: model.length + 1 }, () => fifo.shift())).toEqual([...model, undefined]);
      }),
    );
  });
});
