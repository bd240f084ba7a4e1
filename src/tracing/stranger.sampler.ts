import {
  ROOT_CONTEXT,
  SpanKind,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Link,
} from '@opentelemetry/api';
import {
  RandomIdGenerator,
  SamplingDecision,
  type Sampler,
  type SamplingResult,
} from '@opentelemetry/sdk-trace';

/**
 * `parentbased_…`, but for requests of clients, whom nobody knows: their flag can prevent a trace and not demand one, and
 * the share of traces that is kept is not decided by an id that they choose. So strangers cannot fill the collector.
 */
export class StrangerSampler implements Sampler {
  readonly #ids = new RandomIdGenerator();

  /** @param root decides about new traces */
  constructor(private readonly root: Sampler) {}

  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    const parent = trace.getSpanContext(context);
    const ask = (id: string) => this.root.shouldSample(ROOT_CONTEXT, id, name, kind, attributes, links);
    if (!parent) return ask(traceId);
    if (!(parent.traceFlags & TraceFlags.SAMPLED)) return { decision: SamplingDecision.NOT_RECORD };
    if (parent.isRemote) return ask(this.#ids.generateTraceId());
    return { decision: SamplingDecision.RECORD_AND_SAMPLED };
  }

  toString(): string {
    return `StrangerSampler{${this.root.toString()}}`;
  }
}
