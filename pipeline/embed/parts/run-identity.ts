/** What a run is: all that its events follow from. What another run has finished fits only if all of it is the same. */
import { createHash } from 'node:crypto';
import { shown } from '../../../base/index.js';

/** By names that a person reads: `layers`, `timestamp`, … */
export type RunIdentity = Readonly<Record<string, string>>;

/** Longer values are hashes and lists, of which the beginning tells them apart. */
const TOLD_CHARACTERS = 40;

export function identitySha256(identity: RunIdentity): string {
  const sorted = Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/** `layers was fc.0, now layer4`, of everything that differs; null where nothing does. */
export function difference(was: RunIdentity, is: RunIdentity): string | null {
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  const different = [...names].filter((name) => was[name] !== is[name]);
  if (different.length === 0) return null;
  return different.map((name) => `${shown(name)} was ${told(was[name])}, now ${told(is[name])}`).join('; ');
}

function told(value: string | undefined): string {
  if (value === undefined) return 'not given';
  return value.length > TOLD_CHARACTERS ? `${shown(value.slice(0, TOLD_CHARACTERS))}…` : shown(value);
}
