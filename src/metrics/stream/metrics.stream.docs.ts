import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiProduces, ApiResponse } from '@nestjs/swagger';
import { ApiProblems, ApiRoute } from '../../http/openapi/api.decorators.js';

const DESCRIPTION = `Server-sent events. The first is \`ready\`, with \`started_at\`, when this process was started. Then come those
reports of the last five minutes that this process has sent to anybody, and from now on one each second: \`event: metrics\`,
\`data\`: what /metrics answers, \`at\`, and \`last_minute\`: the percentiles \`wait_time\` of the orders that started and
\`processing_time\` of those that were completed since the oldest report of the last minute, null where there were none. A client that reconnects with the last \`id\` in \`Last-Event-ID\`, as browsers do, is
not sent older ones. While the database is not available, \`event: unavailable\` with \`{ at, detail }\` comes in their place.
These streams count for MAX_EVENT_STREAMS, as those of /events do.`;

const EXAMPLE = `id: 1769860800000
event: metrics
data: {"at":"2026-01-31T12:00:00.000Z","total_orders":12,"pending_orders":3,"…":"…"}

`;

/** `GET /metrics/stream` */
export const ApiStreamMetrics = (): MethodDecorator =>
  applyDecorators(
    ApiRoute('streamMetrics', 'The metrics, each second', DESCRIPTION.replaceAll('\n', ' ')),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description: 'the `id` of the last event that the client has got',
      schema: { type: 'string', example: '1769860800000' },
    }),
    ApiProduces('text/event-stream'),
    ApiResponse({
      status: 200,
      description: 'events, until either side closes the connection',
      content: { 'text/event-stream': { schema: { type: 'string', example: EXAMPLE }, example: EXAMPLE } },
    }),
    ApiProblems([400, 503]),
  );
