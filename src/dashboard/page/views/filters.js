import { fieldsOf, html } from '../html.js';
import { STATUSES, toHash } from '../state/route.js';

/** The filters are in the address, so the view can be linked. @param {{ status: string, userId: string }} props */
export function Filters({ status, userId }) {
  /** @param {{ status: string, userId: string }} filter */
  const go = (filter) => (location.hash = toHash({ view: 'overview', ...filter }));
  /** @param {SubmitEvent} event @param {string} name */
  const textOf = (event, name) => {
    event.preventDefault();
    return fieldsOf(event)[name] ?? '';
  };
  return html`
    <form
      role="search"
      aria-label="Find an order"
      onSubmit=${
        /** @param {SubmitEvent} event */ (event) => {
          const id = textOf(event, 'order_id');
          if (id) location.hash = toHash({ view: 'order', id });
        }
      }
    >
      <input
        name="order_id"
        type="search"
        placeholder="Find by order id"
        aria-label="Order id"
        autocomplete="off"
      />
      <button type="submit">Find</button>
    </form>
    <form
      aria-label="Filters"
      onSubmit=${/** @param {SubmitEvent} event */ (event) => go({ status, userId: textOf(event, 'user_id') })}
    >
      <select
        aria-label="Status"
        value=${status}
        onChange=${
          /** @param {Event & { currentTarget: HTMLSelectElement }} event */ (event) =>
            go({ status: event.currentTarget.value, userId })
        }
      >
        <option value="">Every status</option>
        ${STATUSES.map((name) => html`<option key=${name} value=${name}>${name}</option>`)}
      </select>
      <input
        name="user_id"
        type="search"
        placeholder="User id"
        aria-label="User id"
        key=${userId}
        defaultValue=${userId}
        autocomplete="off"
      />
      <button type="submit">Filter</button>
      ${(status || userId) && html`<a class="button quiet" href="#/">Clear</a>`}
    </form>
  `;
}
