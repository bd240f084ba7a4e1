import { fieldsOf, focusOn, html } from '../html.js';

/** Asks for the API key. Nothing but the field ever holds what is typed. @param {{ access: import('../state/access.js').Access }} props */
export function KeyForm({ access }) {
  const { problem } = access;
  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    const isGood = await access.use(fieldsOf(event)['key'] ?? '');
    if (!isGood) focusOn('#key');
  };
  return html`
    <form class="key-form" aria-labelledby="key-title" onSubmit=${submit}>
      <h1 id="key-title">This server asks for an API key</h1>
      <div id="key-scopes">
        <p>Which scopes it needs:</p>
        <p>To look: <code>orders:read</code> and <code>metrics:read</code>.</p>
        <p>To post test orders: <code>orders:write</code>.</p>
        <p>To cancel, retry and redrive: <code>orders:admin</code>.</p>
      </div>
      <div role="alert" id="key-problem">
        ${problem && html`<p class="notice" data-problem="true">${problem}</p>`}
      </div>
      <label for="key">API key</label>
      <input
        id="key"
        name="key"
        type="password"
        required
        maxlength="500"
        autocomplete="off"
        spellcheck=${false}
        aria-describedby="key-problem key-scopes key-kept"
        aria-invalid=${problem ? 'true' : undefined}
      />
      <p id="key-kept" class="hint">It is kept until this tab is closed, or the key is forgotten.</p>
      <button type="submit" class="primary">Use the key</button>
    </form>
  `;
}
