import type { OrderDto } from '../dto/order.dto.js';

const COLUMNS: [name: string, value: (order: OrderDto) => string | number | null][] = [
  ['order_id', ({ order_id }) => order_id],
  ['user_id', ({ user_id }) => user_id],
  ['item_ids', ({ item_ids }) => JSON.stringify(item_ids)],
  ['total_amount', ({ total_amount }) => total_amount],
  ['status', ({ status }) => status],
  ['attempts', ({ attempts }) => attempts],
  ['error_code', ({ error }) => error && error.code],
  ['error_message', ({ error }) => error && error.message],
  ['created_at', ({ created_at }) => created_at],
  ['started_at', ({ started_at }) => started_at],
  ['completed_at', ({ completed_at }) => completed_at],
  ['updated_at', ({ updated_at }) => updated_at],
];

/**
 * What a spreadsheet takes for the beginning of a formula, also in full width, and what it skips before one.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[=+\-@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20]/;

/** The names of the columns, as RFC 4180 has a line. */
export const CSV_HEADER = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

/** One line for an order. A text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function toCsvLine(order: OrderDto): string {
  return `${COLUMNS.map(([, value]) => field(value(order))).join(',')}\r\n`;
}

function field(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
