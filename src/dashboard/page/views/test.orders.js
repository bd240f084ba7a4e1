import { Component, fieldsOf, html } from '../html.js';
import { Dialog } from './dialog.js';
import { Notice } from './notice.js';

/** @typedef {{ state: import('../main.js').State }} Props */

/** As many are posted by the second button. */
const MANY = 100;

/** Posts orders to try the shop out. The API says what is wrong with one, so fields are not checked here. @extends {Component<Props, { isOpen: boolean }>} */
export class TestOrders extends Component {
  state = { isOpen: false };

  close = () => this.setState({ isOpen: false });

  open = () => {
    this.props.state.actions.dismiss();
    this.setState({ isOpen: true });
  };

  /** @param {Promise<boolean>} posting */
  async posted(posting) {
    if (!(await posting)) return; // what was typed stays, to be corrected
    this.close();
    await this.props.state.reload();
  }

  /** @param {SubmitEvent} event */
  submit = (event) => {
    event.preventDefault();
    const { order_id, user_id = '', item_ids = '', total_amount } = fieldsOf(event);
    const order = {
      ...(order_id && { order_id }),
      user_id,
      item_ids: item_ids.split(',').map((id) => id.trim()),
      total_amount: Number(total_amount || NaN),
    };
    void this.posted(this.props.state.actions.postOrder(order));
  };

  /** @param {Props} props */
  render({ state: { actions } }) {
    return html`
      <button type="button" class="primary" onClick=${this.open}>Test orders</button>
      <${Dialog} label="Test orders" open=${this.state.isOpen} onClose=${this.close}>
        <h2>Post a test order</h2>
        <${Notice} actions=${actions} />
        <form onSubmit=${this.submit}>
          <label
            >Order id <span class="hint">optional: the server makes one</span>
            <input name="order_id" autocomplete="off" spellcheck=${false} />
          </label>
          <label
            >User id
            <input name="user_id" defaultValue="user-1" required autocomplete="off" spellcheck=${false}
          /></label>
          <label
            >Item ids <span class="hint">with commas between</span>
            <input
              name="item_ids"
              defaultValue="item-1, item-2"
              required
              autocomplete="off"
              spellcheck=${false}
            />
          </label>
          <label
            >Total amount
            <input name="total_amount" defaultValue="29.99" required inputmode="decimal" autocomplete="off" />
          </label>
          <div class="buttons">
            <button type="button" onClick=${this.close}>Close</button>
            <button
              type="button"
              disabled=${actions.running}
              onClick=${() => this.posted(actions.postMany(MANY))}
            >
              Post ${MANY} test orders
            </button>
            <button type="submit" class="primary" disabled=${actions.running}>Post the order</button>
          </div>
        </form>
      <//>
    `;
  }
}
