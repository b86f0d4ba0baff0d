/** Paths and queries as they go over the wire. */

/** `apiPath('models', id, 'metrics')` → `/v3/models/<id>/metrics`, each part percent-encoded. */
export function apiPath(...parts: string[]): string {
  return `/v3/${parts.map(encodeURIComponent).join('/')}`;
}

/** `?a=1&b=2`, percent-encoded (a space as `%20`), or nothing. */
export function queryText(query: readonly (readonly [name: string, value: string])[] = []): string {
  if (query.length === 0) return '';
  return `?${query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')}`;
}
