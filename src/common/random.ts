import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';

/** Chance, where it decides what happens next: a simulation has it repeat itself. */
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
