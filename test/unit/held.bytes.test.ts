import { HeldBytes, type Holder } from '../../src/http/server/held.bytes.js';

describe('the bytes that connections hold', () => {
  let held: HeldBytes;
  let cut: string[];
  const holder = (name: string): Holder => ({ cut: () => void cut.push(name) });
  const [a, b, c] = [holder('a'), holder('b'), holder('c')];
  beforeEach(() => {
    held = new HeldBytes(100);
    cut = [];
  });

  it('may be as many as the limit', () => {
    held.hold(a, 60);
    held.hold(b, 40);
    expect([held.bytes, cut]).toEqual([100, []]);
  });

  it('are taken, above it, from whoever has held some for longest, until the rest has room', () => {
    held.hold(a, 40);
    held.hold(b, 40);
    held.hold(a, 10); // had some already
    held.hold(c, 90);
    expect([held.bytes, cut]).toEqual([90, ['a', 'b']]);
  });

  it('are not taken first from who gave all of them back in between', () => {
    held.hold(a, 40);
    held.hold(b, 40);
    held.release(a, 40);
    held.hold(a, 40);
    held.hold(c, 50);
    expect([held.bytes, cut]).toEqual([90, ['b']]);
  });

  it('are taken also from who alone asks for more than there is', () => {
    held.hold(a, 101);
    expect([held.bytes, cut]).toEqual([0, ['a']]);
  });

  it('count once, though who was cut gives its own back late', () => {
    held.hold(a, 60);
    held.hold(b, 60);
    held.release(a, 60);
    held.releaseAll(a);
    expect([held.bytes, cut]).toEqual([60, ['a']]);
    held.releaseAll(b);
    expect(held.bytes).toBe(0);
  });
});
