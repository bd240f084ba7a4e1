import { Component, focusOn, html } from '../html.js';
import { ConnectionState } from './connection.state.js';
import { KeyForm } from './key.form.js';
import { Notice } from './notice.js';
import { OrderView } from './order.view.js';
import { Overview } from './overview.js';
import { TestOrders } from './test.orders.js';

/** @typedef {{ state: import('../main.js').State }} Props */

const KEY_TITLE = 'API key · Ordermill';

/** The frame of every view. When the view changes, its heading gets the focus and the tab its title. @extends {Component<Props>} */
export class App extends Component {
  componentDidMount() {
    document.title = titleOf(this.props.state);
  }

  componentDidUpdate() {
    const title = titleOf(this.props.state);
    if (title === document.title) return;
    const isAnotherView = viewOf(title) !== viewOf(document.title);
    document.title = title;
    if (isAnotherView) focusOn(title === KEY_TITLE ? '#key' : 'h1');
  }

  /** @param {Props} props */
  render({ state }) {
    const { access } = state;
    return html`
      <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
      <header class="bar">
        <a class="brand" href="#/">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="8" />
            <path d="M8 10h16M8 16h11M8 22h6M18.5 22.3l2.4 2.4 4.6-5.2" />
          </svg>
          Ordermill
        </a>
        <${ConnectionState} connection=${state.connection} />
        <nav aria-label="Main">
          ${!access.isNeeded && html`<${TestOrders} state=${state} />`}
          <a class="button" href="docs">API</a>
          ${
            access.key !== undefined &&
            html`<button type="button" onClick=${() => access.forget()}>Forget the key</button>`
          }
        </nav>
      </header>
      <main id="main" tabindex="-1">
        ${access.isNeeded ? html`<${KeyForm} access=${access} />` : html`<${View} state=${state} />`}
      </main>
    `;
  }
}

/** @param {Props} props */
function View({ state }) {
  const { route } = state;
  return html`
    <${Notice} actions=${state.actions} />
    ${
      route.view === 'order'
        ? html`<${OrderView} state=${state} key=${route.id} />`
        : html`<${Overview} state=${state} route=${route} />`
    }
  `;
}

/** @param {import('../main.js').State} state */
function titleOf({ access, route }) {
  if (access.isNeeded) return KEY_TITLE;
  if (route.view === 'order') return `Order ${route.id} · Ordermill`;
  return route.status ? `${route.status} orders · Ordermill` : 'Ordermill';
}

/** Another filter is no other view: the focus stays where it is. @param {string} title */
function viewOf(title) {
  return title.startsWith('Order ') || title === KEY_TITLE ? title : 'overview';
}

/** The part after `#` says which view is shown, so a link to a part of it is followed by hand. @param {Event} event */
function skip(event) {
  event.preventDefault();
  focusOn('#main');
}
