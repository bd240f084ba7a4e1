import { html, render } from './html.js';
import { access } from './state/access.js';
import { Actions } from './state/actions.js';
import { Connection } from './state/connection.js';
import { OrderDetail } from './state/order.detail.js';
import { OrderList } from './state/order.list.js';
import { drawBy, redraw } from './state/redraw.js';
import { toRoute } from './state/route.js';
import { App } from './views/app.js';

/**
 * Everything that is shown. Views are functions of it; what happens changes it, and calls `redraw`.
 * @typedef {typeof state} State
 */
const state = {
  access,
  route: toRoute(location.hash),
  list: new OrderList(),
  detail: new OrderDetail(),
  actions: new Actions(),
  connection: new Connection(
    () => void load(),
    (event) => {
      if (state.route.view === 'overview') state.list.apply(event);
      else void state.detail.load();
    },
  ),
  /** Reads what the view shows anew. */
  reload: () => load(),
};

/** What the view shows, as it is now. */
function load() {
  return state.route.view === 'overview' ? state.list.load() : state.detail.load();
}

function go() {
  const route = toRoute(location.hash);
  state.route = route;
  if (access.isNeeded) return redraw();
  if (route.view === 'overview') {
    void state.list.show({ status: route.status, userId: route.userId });
    state.connection.follow(route.userId ? { user_id: route.userId } : {});
  } else {
    void state.detail.show(route.id);
    state.connection.follow({ order_id: route.id });
  }
}

function start() {
  go();
  state.connection.open();
}

const root = document.getElementById('page');
if (!root) throw new Error('the page has no place to be drawn in');
addEventListener('hashchange', () => {
  state.actions.dismiss();
  go();
});
access.onChange = () => {
  state.connection.close();
  state.list.clear();
  state.detail.clear();
  state.actions.dismiss();
  if (!access.isNeeded) start();
};
state.connection.pauseWhileHidden();
start();
drawBy(() => render(html`<${App} state=${state} />`, root));
