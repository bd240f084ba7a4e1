const COUNT = new Intl.NumberFormat('en');
const MONEY = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** @param {number} value */
export function count(value) {
  return COUNT.format(value);
}

/** @param {number} amount */
export function money(amount) {
  return MONEY.format(amount);
}

/** @param {number | null | undefined} value */
export function perSecond(value) {
  if (value == null) return '–';
  if (value === 0) return '0';
  return value < 10 ? value.toFixed(1) : COUNT.format(Math.round(value));
}

/**
 * With three digits at most: `340 ms`, `2.04 s`, `5 min 3 s`.
 * @param {number | null | undefined} seconds
 */
export function duration(seconds) {
  if (seconds == null) return '–';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** @param {string | Date} instant */
export function time(instant) {
  return new Date(instant).toLocaleTimeString('en-GB');
}

/** Of today only the time. @param {string} instant */
export function timeOrDate(instant) {
  const isToday = new Date(instant).toDateString() === new Date().toDateString();
  return isToday ? time(instant) : dateAndTime(instant);
}

/** @param {string} instant */
export function dateAndTime(instant) {
  return new Date(instant).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
}
