import Negotiator from 'negotiator';
import { FORMATS, type Format } from './text.format.js';

const JSON_TYPE = 'application/json';

/** A range that may prefer a text: most callers send none, and need no more than this look. */
const MAY_BE_TEXT = /text\/|openmetrics/i;

/** Parameters of a range but its quality: versions, of which there is one here, and names of character sets. */
const PARAMETERS = /;(?!\s*q\s*=)[^;]*/gi;

/**
 * The text format that a caller prefers to JSON, by the `Accept` header; undefined: JSON. Who names no text format gets
 * JSON, and so does who likes both the same: many clients of the JSON name `text/plain` too.
 */
export function acceptedFormat(accept = '*/*'): Format | undefined {
  if (!MAY_BE_TEXT.test(accept)) return undefined;
  const ranges = accept.split(',').map((range) => range.replaceAll(PARAMETERS, ''));
  const named = ranges.toSorted((a, b) => Number(isJson(b)) - Number(isJson(a))); // of equals the first is preferred
  const [preferred] = new Negotiator({ headers: { accept: named.join(',') } }).mediaTypes([
    JSON_TYPE,
    ...FORMATS,
  ]);
  return FORMATS.find((format) => format === preferred);
}

function isJson(range: string): boolean {
  return range.includes(JSON_TYPE);
}
