/** Who makes the process keep bytes, and can be made to give them up. */
export interface Holder {
  cut(): void;
}

/** Bounds a kind of memory over all that hold some of it: above `limit`, whoever has held some for longest is cut. */
export class HeldBytes {
  readonly #holders = new Map<Holder, number>(); // who has held some for longest stands first
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
    if (left < 0) return; // it was cut
    this.#bytes -= bytes;
    if (left > 0) this.#holders.set(holder, left);
    else this.#holders.delete(holder);
  }

  /** Whatever `holder` held is gone with it. */
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
