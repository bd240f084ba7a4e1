import { HttpException, Injectable } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { Clock } from '../common/clock.js';
import { CHECKS, HealthSubjects, type CheckName } from './health.subjects.js';

/** Without it orders are accepted all the same, and wait in the table: a process that sent them away would lose sales. */
const DISPENSABLE: CheckName = 'queue';

/** What takes longer is down: those who ask wait for a few seconds themselves. */
const LATEST_MS = 3000;

export interface Health {
  status: 'ok' | 'degraded' | 'down';
  checks: Record<CheckName, { isUp: boolean; since: number }>;
}

/**
 * Whether this process can do its work, and since when. All who ask at one time share one check, which is bounded in time:
 * probes cost the same however often they come, and none of them says why, so that no address or text of a driver leaks.
 */
@Injectable()
export class HealthChecks {
  readonly #states = new Map<CheckName, { isUp: boolean; since: number }>();
  #checking: Promise<Health> | undefined;

  constructor(
    private readonly terminus: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly subjects: HealthSubjects,
    private readonly clock: Clock,
  ) {}

  check(): Promise<Health> {
    this.#checking ??= this.#check().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  async #check(): Promise<Health> {
    const attempts = CHECKS.map((name) =>
      this.indicators
        .check(name)
        .attempt(() => this.subjects[name]())
        .withTimeout(LATEST_MS),
    );
    const { details } = await this.terminus.check(attempts).catch(resultOf);
    const checks = Object.fromEntries(
      CHECKS.map((name) => [name, this.#note(name, details[name]?.status === 'up')]),
    ) as Health['checks']; // of each name one
    const down = CHECKS.filter((name) => !checks[name].isUp);
    const status =
      down.length === 0 ? 'ok' : down.every((name) => name === DISPENSABLE) ? 'degraded' : 'down';
    return { status, checks };
  }

  #note(name: CheckName, isUp: boolean): { isUp: boolean; since: number } {
    const before = this.#states.get(name);
    if (before?.isUp === isUp) return before;
    const now = { isUp, since: this.clock.now() };
    this.#states.set(name, now);
    return now;
  }
}

/** Terminus throws the result when something is down. */
function resultOf(error: unknown): HealthCheckResult {
  if (error instanceof HttpException) return error.getResponse() as HealthCheckResult; // its own, just made
  throw error;
}
