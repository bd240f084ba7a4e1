import { Component, html } from '../html.js';
import { count } from '../format.js';
import { Dialog } from './dialog.js';

/** @typedef {{ failed: number | undefined, actions: import('../state/actions.js').Actions }} Props */

/** Sends all Failed orders back to the queue, after a question. `failed`: how many, if that is known. @extends {Component<Props, { isOpen: boolean }>} */
export class Redrive extends Component {
  state = { isOpen: false };

  close = () => this.setState({ isOpen: false });

  redrive = () => {
    this.close();
    void this.props.actions.redrive();
  };

  /** @param {Props} props */
  render({ failed, actions }) {
    return html`
      <button
        type="button"
        disabled=${failed === 0 || actions.running}
        onClick=${() => this.setState({ isOpen: true })}
      >
        Redrive all failed
      </button>
      <${Dialog} label="Redrive all failed orders" open=${this.state.isOpen} onClose=${this.close}>
        <h2>Redrive ${inWords(failed)}?</h2>
        <p>They become Pending again, at the end of the queue, and all their attempts begin anew.</p>
        <div class="buttons">
          <button type="button" onClick=${this.close}>Not now</button>
          <button type="button" class="primary" onClick=${this.redrive}>Redrive</button>
        </div>
      <//>
    `;
  }
}

/** @param {number | undefined} failed */
function inWords(failed) {
  if (failed === undefined) return 'all failed orders';
  return failed === 1 ? 'the failed order' : `${count(failed)} failed orders`;
}
