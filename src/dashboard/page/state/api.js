/** Why the API did not do what it was asked for, in words for people. */
export class Problem extends Error {
  /**
   * @param {number} status 0: there was no answer
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} path
 * @returns {Promise<any>} the JSON of the answer; callers know its type
 */
export function get(path) {
  return ask(path, {});
}

/**
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>} the JSON of the answer; callers know its type
 */
export function post(path, body) {
  const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return ask(path, { method: 'POST', ...json });
}

/** @param {string} id */
export function orderPath(id) {
  return `orders/${encodeURIComponent(id)}`;
}

/**
 * @param {string} path
 * @param {RequestInit} init
 */
async function ask(path, init) {
  const response = await fetch(path, init).catch(() => {
    throw new Problem(0, 'The server cannot be reached. Please try again when the page is live.');
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new Problem(response.status, inWords(response, answer));
}

/**
 * @param {Response} response
 * @param {{ detail?: string, errors?: { field: string, message: string }[] }} problem
 */
function inWords(response, { detail, errors = [] }) {
  if (errors.length > 0) return errors.map(({ field, message }) => `${field} ${message}`.trim()).join('; ');
  return detail ?? `The server answered ${response.status} ${response.statusText}`;
}
