import { html } from '../html.js';

/** What a newcomer sees, who has no order yet. @param {{ isKeyNeeded: boolean }} props */
export function FirstOrder({ isKeyNeeded }) {
  const key = isKeyNeeded ? '\n  -H "Authorization: Bearer $ORDERMILL_API_KEY" \\' : '';
  const curl = `curl -X POST ${new URL('orders', document.baseURI)} \\${key}
  -H 'Content-Type: application/json' \\
  -d '{"user_id": "user-1", "item_ids": ["item-1"], "total_amount": 29.99}'`;
  return html`
    <div class="first-order">
      <h3>No orders yet</h3>
      <p>Type this in a terminal, and watch the order come:</p>
      <pre tabindex="0"><code>${curl}</code></pre>
      <p>Or press <strong>Test orders</strong> above. What else there is: <a href="docs">the API</a>.</p>
    </div>
  `;
}
