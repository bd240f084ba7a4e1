import { get, orderPath, Problem } from './api.js';
import { redraw } from './redraw.js';

/**
 * @typedef {import('../../../orders/dto/order.dto.js').OrderDetailDto} Order
 * @typedef {import('../../../orders/dto/order.dto.js').HistoryEntryDto} HistoryEntry
 */

/** One order and its history: read again when there is news of it. */
export class OrderDetail {
  id = '';
  /** @type {Order | undefined} */
  order;
  /** @type {HistoryEntry[]} */
  history = [];
  /** @type {string | undefined} */
  problem;
  #isReading = false;
  #isStale = false;

  /** @param {string} id */
  async show(id) {
    this.id = id;
    this.clear();
    await this.load();
  }

  clear() {
    this.order = undefined;
    this.history = [];
    this.problem = undefined;
  }

  /** While it is read, further calls make it be read once more. */
  async load() {
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#read();
    }
    this.#isReading = false;
    redraw();
  }

  async #read() {
    const { id } = this;
    const path = orderPath(id);
    try {
      const [order, history] = await Promise.all([get(path), get(`${path}/history`)]);
      if (id !== this.id) return; // another one is shown by now, and read next
      this.order = order;
      this.history = history;
      this.problem = undefined;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.problem = error.message;
      if (error.status === 404) this.order = undefined;
    }
  }
}
