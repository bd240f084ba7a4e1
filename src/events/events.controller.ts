import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { RequireScope } from '../http/access/access.decorators.js';
import { InvalidRequest } from '../http/problem.js';
import type { LogPosition } from '../orders/store/log/log.position.js';
import { EventFeed } from './event.feed.js';
import { fromEventId } from './event.page.js';
import { EventStream } from './event.stream.js';
import { ApiStreamEvents } from './events.docs.js';
import { EventsQuery } from './events.query.js';

@ApiTags('events')
@Controller('events')
export class EventsController {
  constructor(private readonly feed: EventFeed) {}

  @Get()
  @RequireScope('orders:read')
  @ApiStreamEvents()
  async stream(
    @Query() query: EventsQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const after = toPosition(lastEventId);
    if (request.method === 'HEAD') response.type('text/event-stream').end();
    else
      await this.feed.open(
        new EventStream(response, { orderId: query.order_id, userId: query.user_id }),
        after,
      );
  }
}

function toPosition(lastEventId: string | undefined): LogPosition | undefined {
  if (!lastEventId) return undefined; // a client that got no id yet may send an empty one
  const position = fromEventId(lastEventId);
  if (!position)
    throw new InvalidRequest([{ field: 'Last-Event-ID', message: 'must be the `id` of an event' }]);
  return position;
}
