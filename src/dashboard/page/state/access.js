import { redraw } from './redraw.js';
import { Problem, request } from './request.js';

/** The name in `sessionStorage`: there a browser keeps the key for this tab only, and over a reload. */
const ITEM = 'ordermill.api_key';

/** So long the server has time to say whether a key is valid. */
const CHECK_MS = 15_000;

/** What a header can hold; a key has no other characters. */
const SENDABLE = /^[!-~]+$/;

/** The API key with which this page asks, and whether a person must give one. A server without keys wants none. */
export class Access {
  /** It was good when it was given. @type {string | undefined} */
  key = stored();
  /** Whether the API wants another key than this page has. */
  isNeeded = false;
  /** What is wrong with the last one. */
  problem = '';
  /** Grows when the page gets or loses a key: what was asked before says nothing any more. */
  turn = 0;
  /** Called when `turn` has grown. */
  onChange = () => {};
  #isChecking = false;

  /**
   * Asks with this key from now on, if it is a valid one: what it may do is seen when it is used.
   * @param {string} key
   * @returns {Promise<boolean>} whether it is
   */
  async use(key) {
    if (this.#isChecking) return false;
    this.#isChecking = true;
    this.problem = ''; // so that the same problem is read out again
    redraw();
    try {
      this.problem = await problemOf(key);
    } finally {
      this.#isChecking = false;
    }
    if (this.problem) redraw();
    else this.#become(key, false);
    return !this.problem;
  }

  /** Asks without a key, as a page that was just opened. */
  forget() {
    this.problem = '';
    this.#become(undefined, false);
  }

  /**
   * The API answered 401.
   * @param {number} turn in which it was asked
   */
  refuse(turn) {
    if (turn !== this.turn) return;
    this.problem = this.key === undefined ? '' : 'The API key of this page is not valid any more.';
    this.#become(undefined, true);
  }

  /**
   * @param {string | undefined} key
   * @param {boolean} isNeeded
   */
  #become(key, isNeeded) {
    this.key = key;
    this.isNeeded = isNeeded;
    this.turn++;
    store(key);
    this.onChange();
  }
}

export const access = new Access();

/** Why a key cannot be used; '': it can. @param {string} key */
async function problemOf(key) {
  if (!SENDABLE.test(key)) return 'This API key is not valid.';
  try {
    const response = await request('metrics', { signal: AbortSignal.timeout(CHECK_MS) }, key);
    void response.body?.cancel();
    return '';
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status === 0) return 'The server cannot be reached. Please try again.';
    return error.isScopeMissing ? '' : error.message;
  }
}

function stored() {
  try {
    return sessionStorage.getItem(ITEM) ?? undefined;
  } catch {
    return undefined; // this browser lets pages store nothing
  }
}

/** @param {string | undefined} key */
function store(key) {
  try {
    if (key === undefined) sessionStorage.removeItem(ITEM);
    else sessionStorage.setItem(ITEM, key);
  } catch {
    // then the page has it until it is loaded again
  }
}
