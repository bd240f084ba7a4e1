import { html } from '../html.js';
import { count, duration, money, timeOrDate } from '../format.js';
import { MOST_NEWS, PAGE_SIZE } from '../state/order.list.js';
import { toHash } from '../state/route.js';
import { Status } from './status.js';

/**
 * @typedef {import('../state/order.list.js').OrderList} OrderList
 * @typedef {import('../state/order.list.js').Order} Order
 */

/**
 * A page of orders, newest first; its rows are live. The roles are said because browsers forget them where CSS shows a row as
 * a card, as on phones.
 * @param {{ list: OrderList }} props
 */
export function OrderTable({ list }) {
  const { rows, problem } = list;
  return html`
    <div role="alert">${problem && html`<p class="notice" data-problem="true">${problem}</p>`}</div>
    ${(rows || !problem) && html`<${Table} list=${list} />`}
  `;
}

/** @param {{ list: OrderList }} props */
function Table({ list }) {
  const { rows } = list;
  return html`
    <${News} list=${list} />
    <div class="scroll" tabindex="0" role="region" aria-label="Table of orders">
      <table role="table" aria-busy=${!rows}>
        <caption class="hidden">
          Orders, newest first, page ${list.page}
        </caption>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">Order</th>
            <th role="columnheader" scope="col">Status</th>
            <th role="columnheader" scope="col">User</th>
            <th role="columnheader" scope="col" class="number">Items</th>
            <th role="columnheader" scope="col" class="number">Amount</th>
            <th role="columnheader" scope="col" class="number">Attempts</th>
            <th role="columnheader" scope="col">Accepted</th>
            <th role="columnheader" scope="col" class="number">Took</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${rows ? rows.map((order) => html`<${Row} key=${order.order_id} order=${order} />`) : skeletons()}
        </tbody>
      </table>
      ${rows?.length === 0 && html`<p class="nothing">No orders here${list.isLast ? '.' : ', but on later pages.'}</p>`}
    </div>
    <${Pager} list=${list} />
  `;
}

/** @param {{ order: Order }} props */
function Row({ order }) {
  return html`
    <tr role="row">
      <th role="rowheader" scope="row">
        <a href=${toHash({ view: 'order', id: order.order_id })}>${order.order_id}</a>
      </th>
      <td role="cell"><${Status} status=${order.status} /></td>
      <td role="cell" class="text"><bdi>${order.user_id}</bdi></td>
      <td role="cell" class="number minor">${order.item_ids.length}</td>
      <td role="cell" class="number">${money(order.total_amount)}</td>
      <td role="cell" class="number minor">${order.attempts}</td>
      <td role="cell"><time datetime=${order.created_at}>${timeOrDate(order.created_at)}</time></td>
      <td role="cell" class="number minor">${took(order)}</td>
    </tr>
  `;
}

/** @param {{ list: OrderList }} props */
function Pager({ list }) {
  return html`
    <nav class="pager" aria-label="Pages of orders">
      <button type="button" disabled=${list.isFirst} onClick=${() => list.previous()}>Previous</button>
      <span aria-live="polite">Page ${list.page}</span>
      <button type="button" disabled=${list.isLast} onClick=${() => list.next()}>Next</button>
    </nav>
  `;
}

/** Orders that came are not put in by themselves: rows would move away from under the pointer. @param {{ list: OrderList }} props */
function News({ list }) {
  const { size } = list.news;
  if (size === 0) return null;
  return html`
    <button type="button" class="news" onClick=${() => list.first()}>
      Show ${size === MOST_NEWS ? 'more than ' : ''}${count(size)} new ${size === 1 ? 'order' : 'orders'}
    </button>
  `;
}

/** From acceptance to completion. @param {Order} order */
function took({ created_at, completed_at }) {
  return completed_at ? duration((Date.parse(completed_at) - Date.parse(created_at)) / 1000) : '';
}

function skeletons() {
  return Array.from(
    { length: PAGE_SIZE },
    (_, index) =>
      html`<tr role="row" key=${index}>
        <td role="cell" colspan="8"><span class="skeleton line"></span></td>
      </tr>`,
  );
}
