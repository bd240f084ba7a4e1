import { html } from '../html.js';
import { dateAndTime, duration } from '../format.js';
import { StatusIcon } from './status.js';

/** @typedef {import('../state/order.detail.js').HistoryEntry} HistoryEntry */

/** What became of an order, oldest first, and how long each step lasted. @param {{ history: HistoryEntry[] }} props */
export function Timeline({ history }) {
  return html`
    <ol class="timeline">
      ${history.map((entry, index) => {
        const next = history[index + 1];
        return html`
          <li key=${index} data-status=${entry.to}>
            <${StatusIcon} status=${entry.to} />
            <div>
              <strong>${entry.to}</strong>
              ${entry.attempt > 0 && html`<span class="attempt">attempt ${entry.attempt}</span>`}
              ${next && html`<span class="lasted">for ${lasted(entry, next)}</span>`}
              ${entry.from === null && html`<span class="attempt">accepted</span>`}
              <time datetime=${entry.at}>${dateAndTime(entry.at)}</time>
              ${entry.reason && html`<p class="reason"><bdi>${entry.reason}</bdi></p>`}
            </div>
          </li>
        `;
      })}
    </ol>
  `;
}

/** @param {HistoryEntry} entry @param {HistoryEntry} next */
function lasted(entry, next) {
  return duration((Date.parse(next.at) - Date.parse(entry.at)) / 1000);
}
