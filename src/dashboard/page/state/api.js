import { access } from './access.js';
import { Problem, request } from './request.js';

export { Problem } from './request.js';

/** @typedef {import('./request.js').Init} Init */

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
 * Asks with the key of the page; when the API wants another, the page is told.
 * @type {(path: string, init: Init) => Promise<Response>}
 */
export async function send(path, init) {
  const { key, turn } = access;
  try {
    return await request(path, init, key);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) access.refuse(turn);
    throw error;
  }
}

/** @type {(path: string, init: Init) => Promise<any>} */
async function ask(path, init) {
  const { turn } = access;
  const response = await send(path, init);
  const answer = await response.json().catch(() => ({}));
  if (turn !== access.turn) throw new Problem(0, 'The API key was changed before the server answered.');
  return answer;
}
