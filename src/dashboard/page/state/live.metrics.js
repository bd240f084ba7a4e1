/** @typedef {import('../../../metrics/metrics.dto.js').MetricsDto & { at: string, last_minute: import('../../../metrics/stream/last.minute.js').RecentTimes }} Report */

/** Reports that charts show: one each second, of five minutes. */
const KEPT = 300;

/** After so long without a report a line has a gap, in seconds. */
const GAP = 5;

/** What the charts draw, column by column: for each report its instant, in seconds since 1970, and its figures. */
const COLUMNS = {
  /** @param {Report} report */
  pending: (report) => report.pending_orders,
  /** @param {Report} report */
  processing: (report) => report.processing_orders,
  /** @param {Report} report */
  completed: (report) => report.completed_orders,
  /** @param {Report} report */
  failed: (report) => report.failed_orders,
  /** @param {Report} report */
  cancelled: (report) => report.cancelled_orders,
  /** @param {Report} report @param {Report} [last] */
  acceptedPerSecond: (report, last) => rate(report, last, 'total_orders'),
  /** @param {Report} report @param {Report} [last] */
  completedPerSecond: (report, last) => rate(report, last, 'completed_orders'),
  /** @param {Report} report */
  waitP50: ({ last_minute }) => last_minute.wait_time?.p50 ?? null,
  /** @param {Report} report */
  waitP95: ({ last_minute }) => last_minute.wait_time?.p95 ?? null,
  /** @param {Report} report */
  waitP99: ({ last_minute }) => last_minute.wait_time?.p99 ?? null,
  /** @param {Report} report */
  processingP50: ({ last_minute }) => last_minute.processing_time?.p50 ?? null,
  /** @param {Report} report */
  processingP95: ({ last_minute }) => last_minute.processing_time?.p95 ?? null,
  /** @param {Report} report */
  processingP99: ({ last_minute }) => last_minute.processing_time?.p99 ?? null,
};

/** @typedef {keyof typeof COLUMNS} ColumnName */

/** The reports of the last minutes. */
export class LiveMetrics {
  /** @type {Report | undefined} */
  latest;
  /** Why there is no report at the moment. @type {string | undefined} */
  unavailable;
  /** @type {Report[]} */
  #reports = [];
  /** @type {Map<string, (number | null)[][]>} */
  #tables = new Map();

  /** @param {Report} report */
  add(report) {
    if (this.#reports.some(({ at }) => at === report.at)) return; // sent again after a reconnection
    if (this.latest && report.at < this.latest.at) this.#reports = []; // the past of another process, or its clock was set back
    this.latest = report;
    this.unavailable = undefined;
    this.#reports.push(report);
    if (this.#reports.length > KEPT) this.#reports.shift();
    this.#tables.clear();
  }

  /**
   * The instants and these columns; the same object until there is another report.
   * @param {ColumnName[]} names
   */
  table(names) {
    const key = names.join();
    const made = this.#tables.get(key);
    if (made) return made;
    const table = [
      this.#reports.map(secondOf),
      ...names.map((name) =>
        this.#reports.map((report, index) => COLUMNS[name](report, this.#reports[index - 1])),
      ),
    ];
    this.#tables.set(key, table);
    return table;
  }
}

/** @param {Report} report */
function secondOf({ at }) {
  return Date.parse(at) / 1000;
}

/**
 * How fast a sum has grown since the last report: exact, and of all processes.
 * @param {Report} report
 * @param {Report | undefined} last
 * @param {'total_orders' | 'completed_orders'} name
 */
function rate(report, last, name) {
  if (!last) return null;
  const seconds = secondOf(report) - secondOf(last);
  return seconds > GAP ? null : Math.max(0, (report[name] - last[name]) / seconds);
}
