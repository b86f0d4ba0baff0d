/** Causes as text: their parts, and which of them are about the pictures. Used in Node and in the browser. */
import { keepTogether, shorten } from './format.js';

const CLUSTER_NAME_LENGTH = 40;

/** Causes that only say which share moved: `cluster 3: …`, `predicted "cat": …`. */
const TELLS_A_SHARE = /^(?:cluster \d|predicted ")/;

/** `darker` and `: mean brightness 0.47 → 0.17`. */
export function causeParts(cause: string): { name: string; numbers: string } {
  const text = keepTogether(cause.trim());
  const colon = text.indexOf(':');
  return colon > 0 ? { name: text.slice(0, colon), numbers: text.slice(colon) } : { name: text, numbers: '' };
}

/** Adds what a cluster holds: `cluster 1 (mostly Bag): 61 % → 74 % of rows`. */
export function withClusterName(cause: string, names: readonly (string | null)[]): string {
  return cause.replace(/^cluster (\d+)/, (found, number) => {
    const name = names[Number(number) - 1] ?? null;
    return name === null ? found : `${found} (${shorten(name, CLUSTER_NAME_LENGTH)})`;
  });
}

/** `1: mostly Bag`, or `cluster 1` where nothing is known of it. @param cluster from 0 */
export function clusterTitle(cluster: number, names: readonly (string | null)[]): string {
  const name = names[cluster] ?? null;
  return name === null ? `cluster ${cluster + 1}` : `${cluster + 1}: ${shorten(name, CLUSTER_NAME_LENGTH)}`;
}

/** Those that say what happened, named or not. */
export function tellingCauses(causes: readonly string[] | null): string[] {
  return (causes ?? []).filter((cause) => !TELLS_A_SHARE.test(cause));
}

/** Those of them that are about the pictures: other classes have other pictures, to which nothing happened. */
export function pictureCauses(causes: readonly string[] | null): string[] {
  return tellingCauses(causes).filter((cause) => !isOfClasses(cause));
}

/** By the words of `OTHER_CLASSES` of drift, whose whole room the browser would load. */
export function isOfClasses(cause: string): boolean {
  return cause.startsWith('other mix of classes');
}
