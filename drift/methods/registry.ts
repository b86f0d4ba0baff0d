/** All methods, in the order in which they are shown. To add one, add its file and a line here. */
import { DriftError } from '../drift-error.js';
import { accuracy } from './accuracy.js';
import { classifier } from './classifier.js';
import { frechet } from './frechet.js';
import { images } from './images.js';
import { js } from './js.js';
import { labels } from './labels.js';
import type { Method } from './method.js';
import { mmd } from './mmd.js';
import { psi } from './psi.js';
import { repeats } from './repeats.js';
import { confidence, entropy } from './scores.js';

export const METHODS: readonly Method[] = [
  js,
  psi,
  mmd,
  classifier,
  frechet,
  labels,
  confidence,
  entropy,
  accuracy,
  images,
  repeats,
];

/**
 * @param names as in `--methods`; `all` stands for every method
 * @throws DriftError `METHOD_UNKNOWN`, `NO_METHODS`
 */
export function methodsByName(names: readonly string[]): Method[] {
  const known = METHODS.map(({ name }) => name);
  const unknown = names.find((name) => name !== 'all' && !known.includes(name));
  if (unknown !== undefined) {
    throw new DriftError('METHOD_UNKNOWN', `method ${JSON.stringify(unknown)}: known are ${known.join(', ')} and all`);
  }
  if (names.length === 0) throw new DriftError('NO_METHODS', `no method: known are ${known.join(', ')} and all`);
  return METHODS.filter(({ name }) => names.includes('all') || names.includes(name));
}
