import { IsIn, IsObject } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import type { Health } from './health.checks.js';
import { CHECKS, type CheckName } from './health.subjects.js';
import { isoInstant } from '../common/iso.instant.js';

export class HealthDto {
  @IsIn(['ok'])
  @JSONSchema({ example: 'ok' })
  status!: 'ok';
}

const CHECK_SCHEMA = {
  type: 'object' as const,
  required: ['status', 'since'],
  additionalProperties: false,
  properties: {
    status: { type: 'string' as const, enum: ['up', 'down'] },
    since: { type: 'string' as const, format: 'date-time', description: 'when this process first saw it so' },
  },
};

export class HealthReportDto {
  @IsIn(['ok', 'degraded', 'down'])
  @JSONSchema({
    description: '`degraded`: orders are accepted and wait (`queue`); `down`: this process is not ready',
    example: 'ok',
  })
  status!: Health['status'];

  @IsObject()
  @JSONSchema({
    type: 'object',
    required: [...CHECKS],
    additionalProperties: false,
    properties: Object.fromEntries(CHECKS.map((name) => [name, CHECK_SCHEMA])),
    description: 'what this process needs',
    example: Object.fromEntries(
      CHECKS.map((name) => [name, { status: 'up', since: '2026-11-21T02:48:10.598Z' }]),
    ),
  })
  checks!: Record<CheckName, { status: 'up' | 'down'; since: string }>;
}

export function toHealthReportDto({ status, checks }: Health): HealthReportDto {
  const entries = CHECKS.map((name) => {
    const { isUp, since } = checks[name];
    return [name, { status: isUp ? 'up' : 'down', since: isoInstant(since) }];
  });
  return { status, checks: Object.fromEntries(entries) as HealthReportDto['checks'] }; // of each name one
}
