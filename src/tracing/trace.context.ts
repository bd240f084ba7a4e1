import { ROOT_CONTEXT, trace, TraceFlags, type Context, type SpanContext } from '@opentelemetry/api';
import { parseTraceParent, TraceState } from '@opentelemetry/core';

/** Of `tracestate`; a longer one is left out whole, as the specification allows. */
const TRACE_STATE_LENGTH = 512;

/** The exact form of version 00. Later versions may be longer, and are read as this one. */
const TRACE_PARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/**
 * The context in W3C headers: an empty one if they are not valid, whatever they are.
 * @param isRemote whether a client gave it, whom nobody knows
 * @see https://www.w3.org/TR/trace-context/
 */
export function contextIn(traceparent: string, tracestate: string, isRemote: boolean): Context {
  const first = traceparent.slice(0, 55);
  const span = TRACE_PARENT.test(first) && isVersionOk(traceparent) ? parseTraceParent(first) : null;
  if (!span) return ROOT_CONTEXT;
  const state = stateIn(tracestate);
  return trace.setSpanContext(ROOT_CONTEXT, { ...span, isRemote, ...(state && { traceState: state }) });
}

/** Of version 00 nothing may follow. */
function isVersionOk(traceparent: string): boolean {
  return traceparent.length === 55 || (!traceparent.startsWith('00-') && traceparent[55] === '-');
}

function stateIn(tracestate: string): TraceState | undefined {
  if (tracestate === '' || tracestate.length > TRACE_STATE_LENGTH) return undefined;
  const state = new TraceState(tracestate);
  const { length } = state.serialize();
  return length > 0 && length <= TRACE_STATE_LENGTH ? state : undefined;
}

export function headersOf(context: SpanContext): Record<string, string> {
  const tracestate = context.traceState?.serialize() ?? '';
  return { traceparent: traceParentOf(context), ...(tracestate && { tracestate }) };
}

/** As it is stored: both headers, with a space between them, which the second has none of. */
export function textOf(context: SpanContext): string {
  return Object.values(headersOf(context)).join(' ');
}

function traceParentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
}
