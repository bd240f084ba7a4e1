import { html } from '../html.js';
import { Panels } from '../charts/panels.js';
import { Tiles } from '../charts/tiles.js';
import { Filters } from './filters.js';
import { FirstOrder } from './first.order.js';
import { OrderTable } from './order.table.js';
import { Redrive } from './redrive.js';

/**
 * All orders: how many, how fast, and a list of them.
 * @param {{ state: import('../main.js').State, route: { status: string, userId: string } }} props
 */
export function Overview({ state, route }) {
  const { metrics, metricsRefusal } = state.connection;
  const isEmpty = metrics.latest?.total_orders === 0 && state.list.rows?.length === 0;
  return html`
    <h1 class="hidden" tabindex="-1">Status of the orders</h1>
    <div role="alert">
      ${metricsRefusal && html`<p class="notice" data-problem="true">${metricsRefusal}</p>`}
    </div>
    ${!metricsRefusal && html`<${Tiles} metrics=${metrics} ...${route} />`}
    ${!metricsRefusal && !isEmpty && html`<${Panels} metrics=${metrics} />`}
    <section class="orders" aria-label="Orders">
      <div class="toolbar">
        <h2>${route.status ? `${route.status} orders` : 'Orders'}</h2>
        <${Filters} ...${route} />
        <${Redrive}
          failed=${metricsRefusal ? undefined : (metrics.latest?.failed_orders ?? 0)}
          actions=${state.actions}
        />
      </div>
      ${isEmpty ? html`<${FirstOrder} isKeyNeeded=${state.access.key !== undefined} />` : html`<${OrderTable} list=${state.list} />`}
    </section>
  `;
}
