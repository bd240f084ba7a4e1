/** `scheme://user:password@place?query`, where `place` is one host, perhaps with port and path. */
const SCHEME = /^([a-z][a-z0-9+.-]*:\/\/)(.*)$/is;
const PLACE = /^(\[[\da-f:.]+\]|[^\s:/?#[\]@]*)(:\d+)?(\/.*)?$/is;

/**
 * A URL as it may stand in a log. Its user is shown, its password never, whatever stands in it, nor its query, where
 * there may be one too, and a key. Where nobody can tell what the password is, nothing but the scheme is shown.
 */
export function withoutPassword(url: string): string {
  if (url.startsWith('sqlite:')) return url;
  const [, scheme, rest = ''] = SCHEME.exec(url) ?? [];
  if (!scheme) return /[@:?]/.test(url) ? '***' : url;
  const end = rest.search(/[?#]/);
  const at = rest.lastIndexOf('@');
  if (end >= 0 && end < at) return `${scheme}***`; // of the password, or of the query?
  const place = rest.slice(at + 1, end < 0 ? undefined : end);
  if (!PLACE.test(place)) return `${scheme}***`;
  return scheme + userOf(rest.slice(0, Math.max(0, at)), at) + place + (end < 0 ? '' : `${rest[end]}***`);
}

function userOf(userAndPassword: string, at: number): string {
  if (at < 0) return '';
  const [user] = userAndPassword.split(':', 1);
  return userAndPassword.includes(':') ? `${user}:***@` : '***@'; // what stands alone may be a token
}

/** Whether drivers could take a part of the password for the host, and say it in their errors. */
export function isAmbiguous(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password, pathname, search, hash } = new URL(url);
  return (username !== '' || password !== '') && `${pathname}${search}${hash}`.includes('@');
}
