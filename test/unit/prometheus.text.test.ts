import {
  counter,
  gauge,
  gaugeBy,
  histogram,
  type MetricFamily,
} from '../../src/metrics/prometheus/metric.family.js';
import { Observations } from '../../src/metrics/prometheus/observations.js';
import { textOf } from '../../src/metrics/prometheus/text.format.js';
import { isPromtoolThere, promtool } from '../support/prometheus.js';

/** One of each kind, the same each time. */
function families(): MetricFamily[] {
  const times = new Observations([1, 2.5, 1000]);
  for (const ms of [0, 1, 1.5, 1000, 1001]) times.add(ms);
  return [
    counter('ordermill_things_total', 'Things.', 3),
    gaugeBy('kind', 'ordermill_kinds', 'Kinds.', { a: 1, 'b"\\': 0 }),
    gauge('ordermill_age_seconds', 'Age.', 0.25),
    histogram('ordermill_time_seconds', 'Times.', times, 1000),
  ];
}

const REST = String.raw`
# HELP ordermill_kinds Kinds.
# TYPE ordermill_kinds gauge
ordermill_kinds{kind="a"} 1
ordermill_kinds{kind="b\"\\"} 0
# HELP ordermill_age_seconds Age.
# TYPE ordermill_age_seconds gauge
ordermill_age_seconds 0.25
# HELP ordermill_time_seconds Times.
# TYPE ordermill_time_seconds histogram
ordermill_time_seconds_bucket{le="0.001"} 2
ordermill_time_seconds_bucket{le="0.0025"} 3
ordermill_time_seconds_bucket{le="1"} 4
ordermill_time_seconds_bucket{le="+Inf"} 5
ordermill_time_seconds_sum 2.0035
ordermill_time_seconds_count 5
`;

describe("Prometheus's text formats", () => {
  it('are written as they are specified, again and again, in any sequence', async () => {
    const same = families();
    for (let times = 0; times < 2; times++) {
      expect(await textOf(same, 'text/plain')).toEqual({
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        text: expect.any(String),
      });
      const { text } = await textOf(same, 'text/plain');
      expect(text.replaceAll('\n\n', '\n')).toBe(
        `# HELP ordermill_things_total Things.\n# TYPE ordermill_things_total counter\nordermill_things_total 3${REST}`,
      );
      expect(await textOf(same, 'application/openmetrics-text')).toEqual({
        contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
        text: `# HELP ordermill_things Things.\n# TYPE ordermill_things counter\nordermill_things_total 3${REST}# EOF\n`,
      });
    }
  });

  (isPromtoolThere() ? it : it.skip)('are what promtool would write', async () => {
    const { text } = await textOf(families(), 'text/plain');
    expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, said: '' });
  });
});
