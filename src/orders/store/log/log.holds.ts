import { Injectable } from '@nestjs/common';
import type { LogPosition } from './log.position.js';

/** Up to where one who follows the log has read it for good; undefined: nobody needs anything. */
type Hold = () => Promise<LogPosition | undefined>;

/** Those who follow the log of orders and must miss none of it: whoever deletes orders asks up to where they have read. */
@Injectable()
export class LogHolds {
  readonly #holds: Hold[] = [];

  add(hold: Hold): void {
    this.#holds.push(hold);
  }

  /** Up to where all of them have read. @throws DatabaseUnavailable */
  async position(): Promise<LogPosition> {
    const position = { accepted: Infinity, transitioned: Infinity };
    for (const hold of this.#holds) {
      const { accepted, transitioned } = (await hold()) ?? position;
      position.accepted = Math.min(position.accepted, accepted);
      position.transitioned = Math.min(position.transitioned, transitioned);
    }
    return position;
  }
}
