import { Controller, Get } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../http/access/access.decorators.js';
import { ApiProblems, ApiRoute } from '../http/openapi/api.decorators.js';
import { ProblemError } from '../http/problem.js';
import { HealthChecks, type Health } from './health.checks.js';
import type { CheckName } from './health.subjects.js';
import { HealthDto, HealthReportDto, toHealthReportDto } from './health.dto.js';

/** Why it is not ready, the first that holds; `queue` is no reason. */
const REASONS: [CheckName, string][] = [
  ['process', 'The server is shutting down.'],
  ['database', 'The database is not available at the moment; please try again.'],
  ['migrations', 'The schema of the database is not up to date.'],
  ['disk', 'The disk is nearly full.'],
];

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(private readonly checks: HealthChecks) {}

  @Get()
  @Public()
  @ApiRoute(
    'getHealth',
    'What is up, what is down, and since when',
    'For people and monitoring. It is 200 whatever it says: load balancers ask for readiness.',
  )
  @ApiResponse({ status: 200, type: HealthReportDto, description: 'as this process sees it' })
  @ApiProblems([])
  async report(): Promise<HealthReportDto> {
    return toHealthReportDto(await this.checks.check());
  }

  @Get('live')
  @Public()
  @ApiRoute(
    'getLiveness',
    'The process runs',
    'Asks nothing but whether it answers: restart it when it does not.',
  )
  @ApiResponse({ status: 200, type: HealthDto, description: 'it does' })
  @ApiProblems([])
  live(): HealthDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @Public()
  @ApiRoute(
    'getReadiness',
    'Orders can be taken',
    'The database takes writes by the way of the orders, its schema is up to date, the disk has room, and the server is not shutting down.',
  )
  @ApiResponse({ status: 200, type: HealthDto, description: 'they can' })
  @ApiProblems([503], { 503: { detail: 'The server is shutting down.' } })
  async ready(): Promise<HealthDto> {
    return readyOrProblem(await this.checks.check());
  }
}

function readyOrProblem({ checks }: Health): HealthDto {
  const [, reason] = REASONS.find(([name]) => !checks[name].isUp) ?? [];
  if (reason) throw new ProblemError(503, reason, { headers: { 'retry-after': '1' } });
  return { status: 'ok' };
}
