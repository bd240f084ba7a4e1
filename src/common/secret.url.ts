/** `scheme://user:password@address?query`, where `address` is one host, perhaps with port and path. */
const SCHEME = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is;
const ADDRESS = /^(\[[\da-f:.]+\]|[^\s:/?#[\]@]*)(:\d+)?(\/.*)?$/is;

/**
 * A URL as it may stand in a log: with its user, never with its password, whatever characters are in it, nor with its
 * query, which may hold passwords and keys too. Where it is not clear what the password is, only the scheme is shown.
 */
export function withoutPassword(url: string): string {
  if (url.startsWith('sqlite:')) return url;
  const [, scheme, rest = ''] = SCHEME.exec(url) ?? [];
  if (!scheme) return /[@:?]/.test(url) ? '***' : url;
  const end = rest.search(/[?#]/);
  const at = rest.lastIndexOf('@');
  if (end >= 0 && end < at) return `${scheme}***`; // does it belong to the password or to the query?
  const address = rest.slice(at + 1, end < 0 ? undefined : end);
  if (!ADDRESS.test(address)) return `${scheme}***`;
  return scheme + userOf(rest.slice(0, Math.max(0, at)), at) + address + (end < 0 ? '' : `${rest[end]}***`);
}

function userOf(userAndPassword: string, at: number): string {
  if (at < 0) return '';
  const [user] = userAndPassword.split(':', 1);
  return userAndPassword.includes(':') ? `${user}:***@` : '***@'; // without a colon it may be a token
}

/** Whether a driver could mistake a part of the password for the host, and show it in its errors. */
export function isAmbiguous(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password, pathname, search, hash } = new URL(url);
  return (username !== '' || password !== '') && `${pathname}${search}${hash}`.includes('@');
}
