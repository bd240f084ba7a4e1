/**
 * What the page shows, as its address says after the `#`, so that views can be linked, and the browser's back works.
 * @typedef {{ view: 'overview', status: string, userId: string } | { view: 'order', id: string }} Route
 */

export const STATUSES = ['Pending', 'Processing', 'Completed', 'Failed', 'Cancelled'];

/**
 * @param {string} hash
 * @returns {Route}
 */
export function toRoute(hash) {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?');
  const [, id] = /^orders\/(.+)$/.exec(path) ?? [];
  if (id !== undefined) return { view: 'order', id: decoded(id) };
  const wanted = new URLSearchParams(query);
  const status = wanted.get('status') ?? '';
  return {
    view: 'overview',
    status: STATUSES.includes(status) ? status : '',
    userId: wanted.get('user_id') ?? '',
  };
}

/** @param {Route} route */
export function toHash(route) {
  if (route.view === 'order') return `#/orders/${encodeURIComponent(route.id)}`;
  const query = new URLSearchParams();
  if (route.status) query.set('status', route.status);
  if (route.userId) query.set('user_id', route.userId);
  return query.size > 0 ? `#/?${query}` : '#/';
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // somebody typed a %
  }
}
