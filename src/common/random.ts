import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';

/** Random values that decide what happens next. The simulation replaces it to make schedules repeatable. */
@Injectable()
export class Random {
  /** From 0 (inclusive) to 1 (exclusive). */
  share(): number {
    return Math.random();
  }

  uuid(): string {
    return randomUUID();
  }
}
