import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/api.decorators.js';
import { Lifecycle } from '../common/lifecycle.js';
import { ProblemError } from '../common/problem.js';
import { Database } from '../database/database.js';

export class HealthDto {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
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
  @ApiOperation({ summary: 'The process runs' })
  @ApiResponse({ status: 200, type: HealthDto, description: 'it does' })
  live(): HealthDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({
    summary: 'Orders can be taken: the database takes writes and the server is not shutting down',
  })
  @ApiResponse({ status: 200, type: HealthDto, description: 'they can' })
  @ApiProblems(503)
  async ready(): Promise<HealthDto> {
    if (this.lifecycle.isStopping)
      throw new ProblemError(503, 'The server is shutting down.', { headers: { 'retry-after': '1' } });
    await this.database.ping();
    return { status: 'ok' };
  }
}
