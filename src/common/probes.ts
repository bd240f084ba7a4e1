import { Injectable } from '@nestjs/common';

/** What a process may be without for a while, besides its database. */
export type Part = 'queue';

/** Whether the parts of this process are there. A part brings its own probe, so whoever reports needs to know none of them. */
@Injectable()
export class Probes {
  readonly #probes = new Map<Part, () => boolean>();

  add(part: Part, isUp: () => boolean): void {
    this.#probes.set(part, isUp);
  }

  /** False of a part that nobody has brought. */
  isUp(part: Part): boolean {
    return this.#probes.get(part)?.() ?? false;
  }
}
