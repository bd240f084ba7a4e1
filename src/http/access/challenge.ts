import { ProblemError } from '../problem.js';
import type { Scope } from './scopes.js';

/** `WWW-Authenticate` of RFC 6750. */
const CHALLENGE = 'Bearer realm="ordermill"';

/** 401: there is no API key, or none that is known. Which of the ways it is wrong is not said. */
export class Unauthorized extends ProblemError {
  constructor(isGiven: boolean) {
    super(
      401,
      isGiven
        ? 'This API key is not valid.'
        : 'An API key is needed: send the header Authorization: Bearer followed by the key.',
      {
        headers: { 'www-authenticate': isGiven ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE },
      },
    );
  }
}

/** 403: the API key is good, but not for this. */
export class InsufficientScope extends ProblemError {
  constructor(scope: Scope) {
    super(403, `This API key does not have the scope ${scope}.`, {
      headers: { 'www-authenticate': `${CHALLENGE}, error="insufficient_scope", scope="${scope}"` },
    });
  }
}
