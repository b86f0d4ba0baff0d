/**
 * What of a URL may be shown and stored: not the password in it, and not the signature that opens a private file. The
 * rest stays as it is, so that the same file has the same URL, however often it is signed.
 */

/** Names in lower case: alone they are secrets. */
const SECRETS: ReadonlySet<string> = new Set(['token', 'access_token', 'auth_token', 'api_key', 'apikey']);
/** AWS (`X-Amz-Signature` and what belongs to it) and Google Cloud. */
const SIGNED = /^x-(amz|goog)-/;
/** What belongs to a signature of this name, and is something else without it. */
const BESIDE_SIGNATURE: Readonly<Record<string, readonly string[]>> = {
  // CloudFront, and the older signatures of S3 and Google Cloud.
  signature: ['signature', 'expires', 'policy', 'key-pair-id', 'awsaccesskeyid', 'googleaccessid'],
  // Azure's shared access signatures.
  sig: ['sig', 'sv', 'se', 'st', 'sp', 'sr', 'spr', 'sip', 'skoid', 'sktid', 'skt', 'ske', 'sks', 'skv'],
};
const SCHEME = /^https?:\/\//i;
/** A password ends with `@`, a query begins with `?`. */
const MAY_HIDE = /[?@]/;

/** Anything but an `http` or `https` URL is given back as it is. */
export function publicUrl(url: string): string {
  // Most have nothing to hide; a table has millions.
  if (!SCHEME.test(url) || !MAY_HIDE.test(url)) return url;
  const [, begin = '', query, end = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(url) ?? [];
  const parts = query?.split('&') ?? [];
  const names = parts.map((part) => part.split('=')[0]!.toLowerCase());
  const signature = new Set(names.flatMap((name) => BESIDE_SIGNATURE[name] ?? []));
  const kept = parts.filter((_, i) => !isSecret(names[i]!) && !signature.has(names[i]!));
  return withoutPassword(begin) + (kept.length === 0 ? '' : `?${kept.join('&')}`) + end;
}

/** Whether a URL has a user or a password in it. */
export function hasPassword(url: string): boolean {
  return SCHEME.test(url) && withoutPassword(url) !== url;
}

function isSecret(name: string): boolean {
  return SECRETS.has(name) || SIGNED.test(name);
}

/** The host begins after the last `@` before the path. */
function withoutPassword(url: string): string {
  return url.replace(/^(https?:\/\/)[^/?#\\]*@/i, '$1');
}
