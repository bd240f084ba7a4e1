import { html } from '../html.js';
import { time } from '../format.js';

/** @typedef {import('../state/connection.js').Connection} ConnectionProps */

/** Whether what the page shows is live; a change is read out. @param {{ connection: ConnectionProps }} props */
export function ConnectionState({ connection }) {
  const { state } = connection;
  return html`
    <p class="connection" data-state=${state} role="status">
      <span class="dot" aria-hidden="true"></span>
      <span>${WORDS[state](connection)}</span>
      ${state === 'live' && connection.note && html`<span class="note">${connection.note}</span>`}
    </p>
  `;
}

/** @type {Record<ConnectionProps['state'], (connection: ConnectionProps) => string>} */
const WORDS = {
  connecting: () => 'Connecting',
  live: ({ metrics }) => (metrics.unavailable ? 'Live, but the database is not available' : 'Live'),
  reconnecting: ({ lostAt }) => `Reconnecting, no connection since ${lostAt ? time(lostAt) : 'now'}`,
  paused: () => 'Paused',
  locked: () => 'An API key is needed',
  refused: () => 'Not live: the API key has no scope to look',
};
