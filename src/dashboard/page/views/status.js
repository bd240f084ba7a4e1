import { html } from '../html.js';

/** A shape for each status, so that nobody needs its colour. @type {Record<string, string>} */
const SHAPES = {
  Pending: 'M8 3.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9Z',
  Processing: 'M3 8h9.5M9 4.5 12.5 8 9 11.5',
  Completed: 'M3.5 8.5l3 3 6-7',
  Failed: 'M8 3l5.5 9.5h-11ZM8 6.7v2.6M8 11v.1',
  Cancelled: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
};

/** @param {{ status: string }} props */
export function StatusIcon({ status }) {
  return html`
    <svg class="status-icon" data-status=${status} viewBox="0 0 16 16" aria-hidden="true">
      <path d=${SHAPES[status]} />
    </svg>
  `;
}

/** @param {{ status: string }} props */
export function Status({ status }) {
  return html`<span class="status" data-status=${status}><${StatusIcon} status=${status} />${status}</span>`;
}
