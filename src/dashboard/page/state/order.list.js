import { get, Problem } from './api.js';
import { redraw } from './redraw.js';

/**
 * @typedef {import('../../../orders/dto/order.dto.js').OrderDto} Order
 * @typedef {{ order_id: string, user_id: string, from: string | null, to: string, attempt: number, at: string }} OrderEvent
 * @typedef {{ status: string, userId: string }} Filter
 */

export const PAGE_SIZE = 25;

/** As many orders that are not shown yet are counted. */
export const MOST_NEWS = 9999;

/** So long at least lies between two reloads that events cause. */
const RELOAD_MS = 500;

/** A page of the list of orders. Events change its rows; orders that came since are counted, and shown when there is room. */
export class OrderList {
  /** @type {Filter} */
  filter = { status: '', userId: '' };
  /** @type {Order[] | undefined} */
  rows;
  /** @type {string | undefined} */
  problem;
  /** Orders of the first page that came since it was read. @type {Set<string>} */
  news = new Set();
  /** The cursors of this page and those before it; of the first page: none. @type {string[]} */
  #cursors = [];
  /** @type {string | null} */
  #next = null;
  /** Events since the present reading began: the answer may be older. @type {OrderEvent[]} */
  #since = [];
  #reading = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #reload;

  get isFirst() {
    return this.#cursors.length === 0;
  }

  get isLast() {
    return this.#next === null;
  }

  get page() {
    return this.#cursors.length + 1;
  }

  /** @param {Filter} filter */
  async show(filter) {
    const isSame = filter.status === this.filter.status && filter.userId === this.filter.userId;
    if (!isSame) {
      this.filter = filter;
      this.rows = undefined;
      this.#cursors = [];
    }
    await this.load();
  }

  /** Forgets the orders, but not which page of them is shown. */
  clear() {
    clearTimeout(this.#reload);
    this.#reload = undefined;
    this.#reading++;
    this.#since = [];
    this.news.clear();
    this.rows = undefined;
    this.problem = undefined;
  }

  async first() {
    this.#cursors = [];
    await this.load();
  }

  async next() {
    if (this.#next !== null) this.#cursors.push(this.#next);
    await this.load();
  }

  async previous() {
    this.#cursors.pop();
    await this.load();
  }

  /** Reads the present page anew. Of several readings at once the last counts. */
  async load() {
    clearTimeout(this.#reload);
    this.#reload = undefined;
    const reading = ++this.#reading;
    this.#since = [];
    try {
      const { orders, next_cursor } = await get(`orders?${this.#query()}`);
      if (reading !== this.#reading) return;
      this.rows = orders;
      this.#next = next_cursor;
      this.problem = undefined;
      this.news.clear();
      this.#change(this.#since);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (reading === this.#reading) this.problem = error.message;
    }
    redraw();
  }

  /** @param {OrderEvent} event */
  apply(event) {
    this.#since.push(event);
    if (this.#since.length > MOST_NEWS) this.#since.splice(0, MOST_NEWS / 2); // only those of the rows matter, and they are few
    this.#change([event]);
  }

  /** @param {OrderEvent[]} events */
  #change(events) {
    const rows = this.rows;
    if (!rows) return;
    for (const event of events) {
      const row = rows.find(({ order_id }) => order_id === event.order_id);
      if (row) change(row, event);
      else this.#note(event);
    }
    if (this.news.size > 0 && rows.length < PAGE_SIZE)
      this.#reload ??= setTimeout(() => void this.load(), RELOAD_MS);
    redraw();
  }

  /** @param {OrderEvent} event */
  #note({ order_id, from, to }) {
    const { status } = this.filter;
    if (!this.isFirst) return;
    if (status ? to === status : from === null) {
      if (this.news.size < MOST_NEWS) this.news.add(order_id);
    } else if (status) this.news.delete(order_id);
  }

  #query() {
    const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
    const cursor = this.#cursors.at(-1);
    if (this.filter.status) query.set('status', this.filter.status);
    if (this.filter.userId) query.set('user_id', this.filter.userId);
    if (cursor) query.set('cursor', cursor);
    return query;
  }
}

/**
 * @param {Order} row
 * @param {OrderEvent} event
 */
function change(row, { to, attempt, at }) {
  if (at < row.updated_at || attempt < row.attempts) return; // the row was read after it
  row.status = /** @type {Order['status']} */ (to); // events tell statuses
  row.attempts = attempt;
  row.updated_at = at;
  if (to === 'Processing') row.started_at = at;
  if (to === 'Completed') row.completed_at = at;
}
