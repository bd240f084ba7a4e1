import type { Request } from 'express';
import type { Authentication } from './authentication.js';

const READING = new Set(['GET', 'HEAD']);

/** Refuses who may not write before the body is read: no public route takes one. For all others `ScopeGuard` asks. */
export function admission(authentication: Authentication) {
  return (request: Request, refuse: (error: unknown) => void, admit: () => void): void => {
    if (READING.has(request.method) || authentication.isOpen) return admit();
    try {
      const key = authentication.authenticate(request);
      if (key instanceof Promise) key.then(admit, refuse);
      else admit();
    } catch (error) {
      refuse(error);
    }
  };
}
