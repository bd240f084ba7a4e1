import { html } from '../html.js';
import { count, duration, perSecond } from '../format.js';
import { Panel } from './panel.js';

/** @typedef {import('./panel.js').Line} Line */

/** @type {Line[]} */
const THROUGHPUT = [
  { name: 'Accepted', column: 'acceptedPerSecond', color: '--accent' },
  { name: 'Completed', column: 'completedPerSecond', color: '--completed', fill: true },
];
/** @type {Line[]} */
const BACKLOG = [
  { name: 'Pending', column: 'pending', color: '--pending', fill: true },
  { name: 'Processing', column: 'processing', color: '--processing' },
];
/** @type {Line[]} */
const WAIT = [
  { name: 'p50', column: 'waitP50', color: '--first' },
  { name: 'p95', column: 'waitP95', color: '--second', dash: [7, 3] },
  { name: 'p99', column: 'waitP99', color: '--third', dash: [2, 3] },
];
/** @type {Line[]} */
const PROCESSING = [
  { name: 'p50', column: 'processingP50', color: '--first' },
  { name: 'p95', column: 'processingP95', color: '--second', dash: [7, 3] },
  { name: 'p99', column: 'processingP99', color: '--third', dash: [2, 3] },
];

/** The charts. @param {{ metrics: import('../state/live.metrics.js').LiveMetrics }} props */
export function Panels({ metrics }) {
  return html`
    <div class="panels">
      <${Panel}
        title="Orders per second"
        label="Chart of orders accepted and completed per second, over the last minutes"
        lines=${THROUGHPUT}
        format=${perSecond}
        least=${1}
        spread
        metrics=${metrics}
      />
      <${Panel}
        title="Backlog"
        label="Chart of orders that wait and that are in work, over the last minutes"
        lines=${BACKLOG}
        format=${wholeOrDash}
        least=${5}
        metrics=${metrics}
        remark=${estimate(metrics)}
      />
      <${Panel}
        title="Wait, last minute"
        label="Chart of the percentiles of the time from acceptance to the first start, each of one minute"
        lines=${WAIT}
        format=${duration}
        least=${0.1}
        metrics=${metrics}
      />
      <${Panel}
        title="Processing, last minute"
        label="Chart of the percentiles of the time from start to completion, each of one minute"
        lines=${PROCESSING}
        format=${duration}
        least=${0.1}
        metrics=${metrics}
      />
    </div>
  `;
}

/** @param {import('../state/live.metrics.js').LiveMetrics} metrics */
function estimate({ latest }) {
  if (!latest) return undefined;
  const isEmpty = latest.pending_orders + latest.processing_orders === 0;
  return isEmpty ? 'nothing to do' : `done in about ${duration(latest.estimated_processing_time)}`;
}

/** @param {number | null | undefined} value */
function wholeOrDash(value) {
  return value == null ? '–' : count(value);
}
