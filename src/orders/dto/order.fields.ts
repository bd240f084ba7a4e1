import { rule, type Rule } from '../../http/validation/rules.js';

/** An order's id is a path segment of its URL: characters that need no escaping, and no `.` or `..`. */
export const ORDER_ID = /^[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}$/;

/** Text of 1 to 128 characters without control characters and halves of surrogate pairs. */
const TEXT_ID_PATTERN = '^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]{1,128}$';
const TEXT_ID = new RegExp(TEXT_ID_PATTERN, 'u');

/** 999,999,999.99: with two decimals the largest amount that is far from where doubles lose them. */
const MOST_MONEY = 999_999_999.99;

/** `pattern` is asked of text only, the limits of numbers only. Under `oneOf` both forms would be tried for each id. */
const TEXT_OR_INTEGER = {
  type: ['string', 'integer'],
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
} satisfies Partial<Rule['schema']>;
const isIntegerId = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const matches = (pattern: RegExp, value: unknown) => typeof value === 'string' && pattern.test(value);

/** The id of an order: text that can be a segment of a path, or an integer as its digits. */
export const IsOrderId = rule('isOrderId', () => ({
  schema: {
    description:
      'a string of 1 to 128 of the characters A–Z a–z 0–9 . _ : ~ - that begins with a letter or digit, or a non-negative integer',
    ...TEXT_OR_INTEGER,
    pattern: ORDER_ID.source,
  },
  admits: (value) => matches(ORDER_ID, value) || isIntegerId(value),
}));

/** The id of a user or an item: text, or an integer as its digits. */
export const IsTextId = rule('isTextId', () => ({
  schema: {
    description: 'a string of 1 to 128 characters without control characters, or a non-negative integer',
    ...TEXT_OR_INTEGER,
    pattern: TEXT_ID_PATTERN,
  },
  admits: (value) => matches(TEXT_ID, value) || isIntegerId(value),
}));

/** The same in a URL, where all is text. */
export const IsTextIdInUrl = rule('isTextIdInUrl', () => ({
  schema: {
    description: 'a string of 1 to 128 characters without control characters',
    type: 'string',
    pattern: TEXT_ID_PATTERN,
  },
  admits: (value) => matches(TEXT_ID, value),
}));

/** Money with two decimals; a number has at most two when it is the one nearest to some n / 100. */
export const IsMoney = rule('isMoney', () => ({
  schema: {
    description: `a number from 0 to ${MOST_MONEY} with at most 2 decimals`,
    type: 'number',
    minimum: 0,
    maximum: MOST_MONEY,
    multipleOf: 0.01,
  },
  admits: (value) =>
    typeof value === 'number' && value >= 0 && value <= MOST_MONEY && Math.round(value * 100) / 100 === value,
}));

/** What a page says in `next_cursor`. */
export const IsCursor = rule('isCursor', () => ({
  schema: { description: 'the `next_cursor` of a page', type: 'string', maxLength: 64 },
  admits: (value) => typeof value === 'string' && Array.from(value).length <= 64,
}));
