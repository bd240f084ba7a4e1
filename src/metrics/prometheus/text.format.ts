import type { Metric, RegistryContentType } from 'prom-client';
import { TextAnswer } from '../../http/server/text.answer.js';
import type { MetricFamily } from './metric.family.js';

/** What a scrape may ask for. */
export const FORMATS = ['text/plain', 'application/openmetrics-text'] as const;
export type Format = (typeof FORMATS)[number];

/**
 * Writes families in a text format of Prometheus. prom-client does it, which is loaded by the first scrape. Its registry is
 * made anew for each: for OpenMetrics, where only the samples of a counter end in `_total`, it changes the names in it.
 */
export async function textOf(families: MetricFamily[], format: Format): Promise<TextAnswer> {
  const { Registry } = await import('prom-client');
  const isOpenMetrics = format === 'application/openmetrics-text';
  const registry = new Registry<RegistryContentType>();
  if (isOpenMetrics) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  for (const { name: full, help, type, samples } of families) {
    const name = isOpenMetrics && type === 'counter' ? full.replace(/_total$/, '') : full;
    const values = samples.map(({ suffix = '', labels, value }) => ({
      metricName: `${name}${suffix}`,
      labels,
      value,
    }));
    const metric = {
      name,
      help,
      type,
      get: () => Promise.resolve({ name, help, type, values, aggregator: 'sum' }),
    };
    registry.registerMetric(metric as unknown as Metric); // all that a registry reads of one, as those of its own aggregates
  }
  return new TextAnswer(registry.contentType, await registry.metrics());
}
