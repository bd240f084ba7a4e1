import { Controller, Get, type OnModuleDestroy } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/api.decorators.js';
import { ProblemError } from '../common/problem.js';
import { Database } from '../database/database.js';

export class HealthDto {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  status!: 'ok';
}

@ApiTags('health')
@Controller('health')
export class HealthController implements OnModuleDestroy {
  #stopping = false;

  constructor(private readonly database: Database) {}

  @Get('live')
  @ApiOperation({ summary: 'The process runs' })
  @ApiResponse({ status: 200, type: HealthDto, description: 'it does' })
  live(): HealthDto {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Orders can be taken: the database answers and the server is not shutting down' })
  @ApiResponse({ status: 200, type: HealthDto, description: 'they can' })
  @ApiProblems(503)
  async ready(): Promise<HealthDto> {
    if (this.#stopping)
      throw new ProblemError(503, 'The server is shutting down.', { headers: { 'retry-after': '1' } });
    await this.database.ping();
    return { status: 'ok' };
  }

  /** The first hook of a shutdown: load balancers learn of it while requests are still answered. */
  onModuleDestroy(): void {
    this.#stopping = true;
  }
}
