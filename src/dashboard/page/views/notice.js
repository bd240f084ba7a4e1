import { html } from '../html.js';

/**
 * What came of the last action. Both places are always there: screen readers read out what comes into them.
 * @param {{ actions: import('../state/actions.js').Actions }} props
 */
export function Notice({ actions }) {
  const { notice } = actions;
  const shown =
    notice &&
    html`
      <p class="notice" data-problem=${notice.isProblem}>
        <span>${notice.text}</span>
        <button
          type="button"
          class="quiet"
          aria-label="Dismiss the message"
          onClick=${() => actions.dismiss()}
        >
          ✕
        </button>
      </p>
    `;
  return html`
    <div role="alert">${notice?.isProblem && shown}</div>
    <div role="status">${notice && !notice.isProblem && shown}</div>
  `;
}
