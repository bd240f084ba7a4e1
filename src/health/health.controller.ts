import { Controller, Get } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../http/access/access.decorators.js';
import { IsIn } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { ApiProblems, ApiRoute } from '../http/openapi/api.decorators.js';
import { Lifecycle } from '../common/lifecycle.js';
import { ProblemError } from '../http/problem.js';
import { Database } from '../database/database.js';

export class HealthDto {
  @IsIn(['ok'])
  @JSONSchema({ example: 'ok' })
  status!: 'ok';
}

@ApiTags('health')
@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly lifecycle: Lifecycle,
  ) {}

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
    'The database takes writes, and the server is not shutting down: it asks the way that orders take.',
  )
  @ApiResponse({ status: 200, type: HealthDto, description: 'they can' })
  @ApiProblems([503], { 503: { detail: 'The server is shutting down.' } })
  async ready(): Promise<HealthDto> {
    if (this.lifecycle.isStopping)
      throw new ProblemError(503, 'The server is shutting down.', { headers: { 'retry-after': '1' } });
    await this.database.ping();
    return { status: 'ok' };
  }
}
