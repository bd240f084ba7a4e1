import htm from './lib/htm.js';
import { h } from './lib/preact.js';

export { Component, render } from './lib/preact.js';

/** JSX as a template literal: texts in it are never taken for HTML. */
export const html = htm.bind(h);

/** @param {string} selector */
export function focusOn(selector) {
  const element = document.querySelector(selector);
  if (element instanceof HTMLElement) element.focus();
}

/**
 * What was typed into a form, by the names of its fields.
 * @param {SubmitEvent} event
 * @returns {Record<string, string>}
 */
export function fieldsOf(event) {
  const form = /** @type {HTMLFormElement} */ (event.target); // nothing else is submitted
  const fields = [...new FormData(form)].map(([name, value]) => [
    name,
    typeof value === 'string' ? value.trim() : '',
  ]);
  return Object.fromEntries(fields);
}
