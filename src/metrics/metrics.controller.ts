import { Controller, Get } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems, ApiRoute } from '../http/openapi/api.decorators.js';
import { MetricsDto } from './metrics.dto.js';
import { MetricsService } from './metrics.service.js';

@ApiTags('metrics')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  @Get()
  @ApiRoute(
    'getMetrics',
    'How the whole is doing',
    'Its cost does not grow with the number of orders. Durations are in seconds.',
  )
  @ApiResponse({ status: 200, type: MetricsDto, description: 'exact counts, averages, percentiles, rates' })
  @ApiProblems([503])
  report(): Promise<MetricsDto> {
    return this.metrics.report();
  }
}
