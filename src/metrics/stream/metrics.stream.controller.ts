import { Controller, Get, Headers, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { RequireScope } from '../../http/access/access.decorators.js';
import { InvalidRequest } from '../../http/problem.js';
import { EventResponse } from '../../http/streams/event.response.js';
import { MetricsFeed } from './metrics.feed.js';
import { ApiStreamMetrics } from './metrics.stream.docs.js';

@ApiTags('metrics')
@Controller('metrics/stream')
export class MetricsStreamController {
  constructor(private readonly feed: MetricsFeed) {}

  @Get()
  @RequireScope('metrics:read')
  @ApiStreamMetrics()
  stream(
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): void {
    const after = toInstant(lastEventId);
    if (request.method === 'HEAD') response.type('text/event-stream').end();
    else this.feed.open(new EventResponse(response), after);
  }
}

function toInstant(lastEventId: string | undefined): number | undefined {
  if (!lastEventId) return undefined; // a client that got no id yet may send an empty one
  if (!/^\d{1,15}$/.test(lastEventId))
    throw new InvalidRequest([{ field: 'Last-Event-ID', message: 'must be the `id` of an event' }]);
  return Number(lastEventId);
}
