import { Component, html } from '../html.js';

/** @typedef {{ label: string, open: boolean, onClose: () => void, children?: any }} Props */

/** The browser's own dialog: it keeps the focus inside, ends with Escape, and gives the focus back. @extends {Component<Props>} */
export class Dialog extends Component {
  /** @type {HTMLDialogElement | null} */
  element = null;

  componentDidMount() {
    this.componentDidUpdate();
  }

  componentDidUpdate() {
    if (this.props.open && !this.element?.open) this.element?.showModal();
    if (!this.props.open && this.element?.open) this.element.close();
  }

  /** @param {Props} props */
  render({ label, open, onClose, children }) {
    return html`
      <dialog
        aria-label=${label}
        ref=${/** @param {HTMLDialogElement | null} element */ (element) => (this.element = element)}
        onClose=${onClose}
      >
        ${open && children}
      </dialog>
    `;
  }
}
