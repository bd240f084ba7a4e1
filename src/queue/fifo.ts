/** A first-in, first-out list with O(1) operations at both ends: a ring in an array that doubles when it is full. */
export class Fifo<Item> {
  #ring: (Item | undefined)[] = Array.from({ length: 16 });
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: Item): void {
    this.#makeRoom();
    this.#ring[this.#index(this.#length++)] = item;
  }

  /** Puts `item` before all others. */
  unshift(item: Item): void {
    this.#makeRoom();
    this.#head = this.#index(-1);
    this.#ring[this.#head] = item;
    this.#length++;
  }

  /** The oldest item, taken out; undefined when there is none. */
  shift(): Item | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = this.#index(1);
    this.#length--;
    return item;
  }

  /** The ring's length is a power of two, so the mask wraps, below zero too. */
  #index(offset: number): number {
    return (this.#head + offset) & (this.#ring.length - 1);
  }

  #makeRoom(): void {
    if (this.#length < this.#ring.length) return;
    const inOrder = [...this.#ring.slice(this.#head), ...this.#ring.slice(0, this.#head)];
    this.#ring = [...inOrder, ...Array.from<undefined>({ length: inOrder.length })];
    this.#head = 0;
  }
}
