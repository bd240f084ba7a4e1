/**
 * How long a `Retry-After` says to wait, in milliseconds: seconds or a date, RFC 9110 section 10.2.3; 0 when it is absent
 * or not valid.
 * @param now in milliseconds since 1970
 */
export function retryAfterMs(header: string | string[] | undefined, now: number): number {
  const value = String(header ?? '');
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return ms > 0 ? ms : 0;
}
