/** Holds bytes of memory, and can be cut off to free them. */
export interface Holder {
  cut(): void;
}

/** Bounds a kind of memory over all its holders: above `limit` bytes, the one that has held some for longest is cut. */
export class HeldBytes {
  readonly #holders = new Map<Holder, number>(); // in the order in which they began to hold: the longest first
  #bytes = 0;

  constructor(private readonly limit: number) {}

  get bytes(): number {
    return this.#bytes;
  }

  hold(holder: Holder, bytes: number): void {
    this.#holders.set(holder, (this.#holders.get(holder) ?? 0) + bytes);
    this.#bytes += bytes;
    while (this.#bytes > this.limit) this.#cutOldest();
  }

  release(holder: Holder, bytes: number): void {
    const left = (this.#holders.get(holder) ?? 0) - bytes;
    if (left < 0) return; // it was cut, and its bytes released then
    this.#bytes -= bytes;
    if (left > 0) this.#holders.set(holder, left);
    else this.#holders.delete(holder);
  }

  /** For a holder that is gone. */
  releaseAll(holder: Holder): void {
    this.#bytes -= this.#holders.get(holder) ?? 0;
    this.#holders.delete(holder);
  }

  #cutOldest(): void {
    const [oldest] = this.#holders.keys();
    if (!oldest) return;
    this.releaseAll(oldest);
    oldest.cut();
  }
}
