/** Causes as text: their parts, and which of them are about the pictures. Used in Node and in the browser. */
import { keepTogether } from './format.js';

/** Causes that only say which share moved: `cluster 3: …`, `predicted "cat": …`. */
const TELLS_A_SHARE = /^(?:cluster \d|predicted ")/;

/** `darker` and `: mean brightness 0.47 → 0.17`. */
export function causeParts(cause: string): { name: string; numbers: string } {
  const text = keepTogether(cause.trim());
  const colon = text.indexOf(':');
  return colon > 0 ? { name: text.slice(0, colon), numbers: text.slice(colon) } : { name: text, numbers: '' };
}

/** Those that say what happened to the pictures, named or not. */
export function pictureCauses(causes: readonly string[] | null): string[] {
  return (causes ?? []).filter((cause) => !TELLS_A_SHARE.test(cause));
}
