import { html } from '../html.js';
import { count } from '../format.js';
import { STATUSES, toHash } from '../state/route.js';
import { StatusIcon } from '../views/status.js';

/**
 * @typedef {import('../state/live.metrics.js').LiveMetrics} LiveMetrics
 * @typedef {import('../state/live.metrics.js').ColumnName} ColumnName
 */

const WIDTH = 100;
const HEIGHT = 24;

/** How many orders are in each status. A tile filters the list. @param {{ metrics: LiveMetrics, status: string, userId: string }} props */
export function Tiles({ metrics, status, userId }) {
  return html`
    <ul class="tiles">
      ${STATUSES.map((name) => {
        const isChosen = name === status;
        const total = metrics.latest?.[keyOf(name)];
        return html`
          <li key=${name}>
            <a
              class="tile"
              data-status=${name}
              href=${toHash({ view: 'overview', status: isChosen ? '' : name, userId })}
              aria-current=${isChosen ? 'true' : undefined}
            >
              <span class="name"><${StatusIcon} status=${name} />${name}</span>
              <span class=${total === undefined ? 'number skeleton' : 'number'}>
                ${total === undefined ? '\u00a0' : count(total)}
              </span>
              <${Sparkline} values=${valuesOf(metrics, name)} />
            </a>
          </li>
        `;
      })}
    </ul>
  `;
}

/** @param {string} name @returns {'pending_orders'} */
function keyOf(name) {
  return /** @type {'pending_orders'} */ (`${name.toLowerCase()}_orders`); // or that of another status
}

/** @param {LiveMetrics} metrics @param {string} name */
function valuesOf(metrics, name) {
  const column = /** @type {ColumnName} */ (name.toLowerCase()); // there is one for each status
  return metrics.table([column])[1] ?? [];
}

/** @param {{ values: (number | null)[] }} props */
function Sparkline({ values }) {
  const most = Math.max(1, ...values.map((value) => value ?? 0));
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map((value, index) => {
    const y = HEIGHT - 2 - ((value ?? 0) / most) * (HEIGHT - 4);
    return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  return html`
    <svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
      ${points.length > 1 && html`<path class="area" d="M0,${HEIGHT} L${points.join(' ')} L${WIDTH},${HEIGHT}Z" />`}
      ${points.length > 1 && html`<polyline points=${points.join(' ')} />`}
    </svg>
  `;
}
