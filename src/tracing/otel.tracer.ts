import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Attributes,
  type Context,
  type Span,
  type Tracer as OtelTracer,
} from '@opentelemetry/api';
import { runIn, tracedWork, type TracedRequest, type TracedWork, type Tracer } from '../common/tracing.js';
import { contextIn, headersOf, textOf } from './trace.context.js';

/** Where spans go: OpenTelemetry's provider, and its end. */
export interface Spans {
  tracer: OtelTracer;
  propagates: boolean;
  stop(): Promise<void>;
}

/**
 * Spans of OpenTelemetry's, made by hand at the few places where work begins; attributes by its semantic conventions. They
 * hold no headers, no bodies, no queries and no user ids.
 */
export class HandMadeSpans implements Tracer {
  constructor(private readonly spans: Spans) {}

  request(method: string, { traceparent, tracestate }: NodeJS.Dict<string | string[]>): TracedRequest {
    const isGiven = this.spans.propagates && typeof traceparent === 'string';
    const parent = isGiven ? contextIn(traceparent, String(tracestate ?? ''), true) : ROOT_CONTEXT;
    const attributes = { 'http.request.method': method, 'url.scheme': 'http' };
    const span = this.spans.tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
    return {
      ...workOf(span),
      end: ({ route, status, orderId }) => {
        if (route) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
        if (orderId) span.setAttribute('ordermill.order.id', orderId);
        if (status) span.setAttribute('http.response.status_code', status);
        else span.setAttribute('error.type', 'aborted');
        if (status === undefined || status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }

  attempt<Result>(
    { orderId, attempt, context }: { orderId: string; attempt: number; context: string | null },
    work: () => Promise<Result>,
  ): Promise<Result> {
    const attributes = {
      'messaging.system': 'ordermill',
      'messaging.destination.name': 'orders',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.message.id': orderId,
      'ordermill.attempt': attempt,
    };
    return this.#run('process orders', SpanKind.CONSUMER, attributes, parentOf(context), work);
  }

  post<Result>(
    { url, context, attributes: more = {} }: Parameters<Tracer['post']>[0],
    send: (headers: Record<string, string>) => Promise<Result>,
    status: (result: Result) => number | null,
  ): Promise<Result> {
    const { hostname, port, protocol } = URL.canParse(url)
      ? new URL(url)
      : { hostname: '', port: '', protocol: '' };
    const attributes = {
      'http.request.method': 'POST',
      'server.address': hostname.slice(0, 255),
      'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
      ...more,
    };
    const parent = parentOf(context === undefined ? (tracedWork()?.context ?? null) : context);
    return this.#run('POST', SpanKind.CLIENT, attributes, parent, async (span) => {
      const result = await send(this.spans.propagates ? headersOf(span.spanContext()) : {});
      const code = status(result);
      if (code !== null) span.setAttribute('http.response.status_code', code);
      if (code === null || code >= 400) fail(span, code === null ? 'no_answer' : String(code));
      return result;
    });
  }

  stop(): Promise<void> {
    return this.spans.stop();
  }

  async #run<Result>(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    parent: Context,
    work: (span: Span) => Promise<Result>,
  ): Promise<Result> {
    const span = this.spans.tracer.startSpan(name, { kind, attributes }, parent);
    try {
      return await runIn(workOf(span), () => work(span));
    } catch (error) {
      const { code, name: type } = error as { code?: unknown; name?: unknown };
      fail(span, String(typeof code === 'string' ? code : type).slice(0, 100)); // its message may hold anything
      throw error;
    } finally {
      span.end();
    }
  }
}

function fail(span: Span, type: string): void {
  span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
}

function workOf(span: Span): TracedWork {
  const context = span.spanContext();
  return { traceId: context.traceId, context: textOf(context) };
}

/** Of work of our own: another process of this deployment, or this one, has decided whether it is sampled. */
function parentOf(text: string | null): Context {
  const [traceparent = '', tracestate = ''] = text?.split(' ', 2) ?? [];
  return traceparent ? contextIn(traceparent, tracestate, false) : ROOT_CONTEXT;
}
