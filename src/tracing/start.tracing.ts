import { Logger } from '@nestjs/common';
import {
  getNumberFromEnv,
  getStringFromEnv,
  getStringListFromEnv,
  setGlobalErrorHandler,
} from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import { traceWith } from '../common/tracing.js';
import { HandMadeSpans } from './otel.tracer.js';
import { StrangerSampler } from './stranger.sampler.js';

/** Of an attribute. */
const TEXT_LENGTH = 255;

/** At a stop, how long the last spans may take. */
const LAST_SPANS_MS = 2000;

/** A collector that is away is logged so often. */
const TELL_EVERY_MS = 60_000;

/**
 * Traces this process as the standard variables say, of which the exporter and the resource read theirs by themselves.
 * Spans that the collector does not take in time are dropped: at most OTEL_BSP_MAX_QUEUE_SIZE wait.
 * @throws when a variable names what there is not
 */
export function startTracing(): void {
  setGlobalErrorHandler(tell());
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'ordermill' }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    sampler: samplerOf(getStringFromEnv('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on'),
    spanLimits: { attributeValueLengthLimit: TEXT_LENGTH },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(),
        maxQueueSize: getNumberFromEnv('OTEL_BSP_MAX_QUEUE_SIZE') ?? 2048,
        maxExportBatchSize: getNumberFromEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE') ?? 512,
        scheduledDelayMillis: getNumberFromEnv('OTEL_BSP_SCHEDULE_DELAY') ?? 5000,
        exportTimeoutMillis: getNumberFromEnv('OTEL_BSP_EXPORT_TIMEOUT') ?? 30_000,
      }),
    ],
  });
  const stop = () =>
    Promise.race([
      provider.shutdown().catch(() => undefined), // the collector is away
      new Promise<void>((resolve) => setTimeout(resolve, LAST_SPANS_MS).unref()),
    ]);
  traceWith(new HandMadeSpans({ tracer: provider.getTracer('ordermill'), propagates: propagates(), stop }));
}

/** Logs why spans are lost, at most once a minute. */
function tell(): (error: unknown) => void {
  const logger = new Logger('Tracing');
  let toldMs = -Infinity;
  return (error) => {
    if (performance.now() - toldMs < TELL_EVERY_MS) return;
    toldMs = performance.now();
    logger.warn(`spans cannot be sent: ${error instanceof Error ? error.message : JSON.stringify(error)}`);
  };
}

/** `baggage` is allowed, because it is in the default, and carried nowhere: it may hold anything. */
function propagates(): boolean {
  const names = getStringListFromEnv('OTEL_PROPAGATORS') ?? ['tracecontext', 'baggage'];
  const unknown = names.find((name) => !['tracecontext', 'baggage', 'none'].includes(name));
  if (unknown) throw new Error(`OTEL_PROPAGATORS=${unknown}: must be tracecontext, baggage or none`);
  return names.includes('tracecontext');
}

function samplerOf(name: string): Sampler {
  const [, isParentBased, root = ''] = /^(parentbased_)?(\w+)$/.exec(name) ?? [];
  const sampler = rootSampler(root);
  if (!sampler)
    throw new Error(
      `OTEL_TRACES_SAMPLER=${name}: must be always_on, always_off or traceidratio, or one of them after parentbased_`,
    );
  return isParentBased ? new StrangerSampler(sampler) : sampler;
}

function rootSampler(name: string): Sampler | undefined {
  if (name === 'always_on') return new AlwaysOnSampler();
  if (name === 'always_off') return new AlwaysOffSampler();
  if (name !== 'traceidratio') return undefined;
  const ratio = getNumberFromEnv('OTEL_TRACES_SAMPLER_ARG') ?? 1;
  if (!(ratio >= 0 && ratio <= 1))
    throw new Error(`OTEL_TRACES_SAMPLER_ARG=${ratio}: must be a number from 0 to 1`);
  return new TraceIdRatioBasedSampler(ratio);
}
