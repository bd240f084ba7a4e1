import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiProduces, ApiResponse } from '@nestjs/swagger';
import { ApiProblems, ApiQueryOf, ApiRoute } from '../http/openapi/api.decorators.js';
import { EventsQuery } from './events.query.js';

const DESCRIPTION = `Server-sent events, one for each transition: its \`event\` is \`order\`, its \`data\` a JSON object \`{ order_id,
user_id, from, to, attempt, at }\`; \`from\` is null for an acceptance. Those of one order come in their order. The first event is \`ready\`: from its
\`id\` on nothing is missed. A client that
reconnects with the last \`id\` in \`Last-Event-ID\`, as browsers do, goes on without a gap and without a repeat, in any
process. Where transitions after that id are gone, because their orders were deleted, an
event \`gap\` says so. A comment every 15 s keeps the connection alive. A client that reads too slowly is disconnected, and can resume.`;

const EXAMPLE = `id: 17-40
event: order
data: {"order_id":"order-1","user_id":"user-1","from":"Pending","to":"Processing","attempt":1,"at":"2026-01-31T12:00:00.000Z"}

`;

/** `GET /events` */
export const ApiStreamEvents = (): MethodDecorator =>
  applyDecorators(
    ApiRoute('streamEvents', 'Transitions as they happen', DESCRIPTION.replaceAll('\n', ' ')),
    ApiQueryOf(EventsQuery),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description: 'the `id` of the last event that the client has got; without it, events begin now',
      schema: { type: 'string', example: '17-40' },
    }),
    ApiProduces('text/event-stream'),
    ApiResponse({
      status: 200,
      description: 'events, until either side closes the connection',
      content: { 'text/event-stream': { schema: { type: 'string', example: EXAMPLE }, example: EXAMPLE } },
    }),
    ApiProblems([400, 503]),
  );
