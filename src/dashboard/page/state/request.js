/** @typedef {Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }} Init */

/** Why the API did not do what it was asked for, in words for people. */
export class Problem extends Error {
  /**
   * @param {number} status 0: there was no answer
   * @param {string} message
   * @param {boolean} [isScopeMissing] the API key is good, but not for this
   */
  constructor(status, message, isScopeMissing = false) {
    super(message);
    this.status = status;
    this.isScopeMissing = isScopeMissing;
  }
}

/**
 * Asks the API with an API key, or without one.
 * @param {string} path
 * @param {Init} init
 * @param {string | undefined} key
 * @returns {Promise<Response>} one that says yes; its body may still be on the way
 * @throws {Problem}
 */
export async function request(path, init, key) {
  const headers = { ...init.headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  const response = await fetch(path, { ...init, headers }).catch(() => {
    throw new Problem(0, 'The server cannot be reached. Please try again when the page is live.');
  });
  if (response.ok) return response;
  const challenge = response.headers.get('www-authenticate') ?? '';
  const isScopeMissing = response.status === 403 && challenge.includes('insufficient_scope');
  throw new Problem(
    response.status,
    inWords(response, await response.json().catch(() => ({}))),
    isScopeMissing,
  );
}

/**
 * @param {Response} response
 * @param {{ detail?: string, errors?: { field: string, message: string }[] }} problem
 */
function inWords(response, { detail, errors = [] }) {
  if (errors.length > 0) return errors.map(({ field, message }) => `${field} ${message}`.trim()).join('; ');
  return detail ?? `The server answered ${response.status} ${response.statusText}`;
}
