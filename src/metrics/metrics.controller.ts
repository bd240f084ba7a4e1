import { Controller, Get, Header, Req } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { RequireScope } from '../http/access/access.decorators.js';
import { ApiProblems, ApiRoute } from '../http/openapi/api.decorators.js';
import type { TextAnswer } from '../http/server/text.answer.js';
import { MetricsDto } from './metrics.dto.js';
import { MetricsService } from './metrics.service.js';
import { acceptedFormat } from './prometheus/accepted.format.js';
import { ApiPrometheus } from './prometheus/prometheus.docs.js';
import { PrometheusService } from './prometheus/prometheus.service.js';

@ApiTags('metrics')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: MetricsService,
    private readonly prometheus: PrometheusService,
  ) {}

  @Get()
  @RequireScope('metrics:read')
  @Header('vary', 'Accept')
  @ApiRoute(
    'getMetrics',
    'How the whole is doing',
    'Its cost does not grow with the number of orders. Durations are in seconds. Who prefers `text/plain` or `application/openmetrics-text` in `Accept` gets the text of /metrics/prometheus here too.',
  )
  @ApiResponse({ status: 200, type: MetricsDto, description: 'exact counts, averages, percentiles, rates' })
  @ApiProblems([503])
  report(@Req() { headers }: Request): Promise<MetricsDto | TextAnswer> {
    const format = acceptedFormat(headers.accept);
    return format ? this.prometheus.scrape(format) : this.metrics.report();
  }

  @Get('prometheus')
  @RequireScope('metrics:read')
  @Header('vary', 'Accept')
  @ApiRoute(
    'getPrometheusMetrics',
    'The metrics as Prometheus reads them',
    'The text that a Prometheus server gets from /metrics. When the database is down it has the figures of the process, and says so.',
  )
  @ApiPrometheus('counters, gauges and histograms')
  @ApiProblems([])
  scrape(@Req() { headers }: Request): Promise<TextAnswer> {
    return this.prometheus.scrape(acceptedFormat(headers.accept));
  }
}
