import { focusOn, html } from '../html.js';
import { dateAndTime, duration, money } from '../format.js';
import { Status } from './status.js';
import { Timeline } from './timeline.js';

/** @typedef {import('../state/order.detail.js').Order} Order */

/** One order with its history, and what can be done with it. @param {{ state: import('../main.js').State }} props */
export function OrderView({ state: { detail, actions } }) {
  const { order, problem, history } = detail;
  return html`
    <p class="back"><a href="#/">← All orders</a></p>
    <h1 class="order-id" tabindex="-1"><span class="kind">Order</span> <bdi>${detail.id}</bdi></h1>
    <div role="alert">${problem && html`<p class="notice" data-problem="true">${problem}</p>`}</div>
    ${
      order &&
      html`
        <div class="order-head" aria-live="polite">
          <${Status} status=${order.status} />
          ${order.queue_position !== undefined && html`<span>number ${order.queue_position} in the queue</span>`}
          ${
            order.estimated_completion_at &&
            html`<span>expected to be done at ${dateAndTime(order.estimated_completion_at)}</span>`
          }
        </div>
        <${Buttons} order=${order} actions=${actions} />
        <div class="columns">
          <section class="panel" aria-labelledby="history">
            <h2 id="history">History</h2>
            <${Timeline} history=${history} />
          </section>
          <section class="panel" aria-labelledby="content">
            <h2 id="content">Content</h2>
            <${Content} order=${order} />
          </section>
        </div>
      `
    }
    ${!order && !problem && html`<div class="skeleton block"></div>`}
  `;
}

/**
 * What can be done with an order in its status. A button goes when it was pressed, so the focus goes to the heading.
 * @param {{ order: Order, actions: import('../state/actions.js').Actions }} props
 */
function Buttons({ order: { order_id, status }, actions }) {
  /** @param {Promise<boolean>} action */
  const done = async (action) => {
    await action;
    focusOn('h1');
  };
  if (status !== 'Pending' && status !== 'Failed') return null;
  return html`
    <div class="buttons start">
      ${
        status === 'Pending'
          ? html`<button
              type="button"
              disabled=${actions.running}
              onClick=${() => done(actions.cancel(order_id))}
            >
              Cancel the order
            </button>`
          : html`<button
              type="button"
              disabled=${actions.running}
              onClick=${() => done(actions.retry(order_id))}
            >
              Retry
            </button>`
      }
    </div>
  `;
}

/** @param {{ order: Order }} props */
function Content({ order }) {
  const { error } = order;
  const isDone = order.completed_at !== null && order.started_at !== null;
  return html`
    <dl class="content">
      <dt>User</dt>
      <dd><bdi>${order.user_id}</bdi></dd>
      <dt>Items</dt>
      <dd>
        <ul class="items">
          ${order.item_ids.map((id, index) => html`<li key=${index}><bdi>${id}</bdi></li>`)}
        </ul>
      </dd>
      <dt>Total amount</dt>
      <dd>${money(order.total_amount)}</dd>
      <dt>Attempts</dt>
      <dd>${order.attempts}</dd>
      ${
        isDone &&
        html`<dt>Processing took</dt>
          <dd>${processing(order)}</dd>`
      }
      ${
        error &&
        html`<dt>Last error</dt>
          <dd><bdi>${error.message}</bdi> <code>${error.code}</code></dd>`
      }
    </dl>
  `;
}

/** @param {Order} order */
function processing({ started_at, completed_at }) {
  return duration((Date.parse(completed_at ?? '') - Date.parse(started_at ?? '')) / 1000);
}
