import { ApiResponse } from '@nestjs/swagger';
import { FORMATS, type Format } from './text.format.js';

const TEXT = `# HELP ordermill_orders_accepted_total All processes together, the same from each: orders accepted.
# TYPE ordermill_orders_accepted_total counter
ordermill_orders_accepted_total 12
`;

const EXAMPLES: Record<Format, string> = {
  'text/plain': TEXT,
  'application/openmetrics-text': `${TEXT.replaceAll(/^(# \w+ \w+)_total/gm, '$1')}# EOF\n`,
};

/** Documents an answer in a text format of Prometheus. */
export function ApiPrometheus(description: string): MethodDecorator {
  const media = FORMATS.map((format) => [
    format,
    { schema: { type: 'string' as const, example: EXAMPLES[format] } },
  ]);
  return ApiResponse({ status: 200, description, content: Object.fromEntries(media) });
}
