/** What a spelling finds out about a whole body, once for all of its tensors: a checkpoint may have thousands. */
import type { Place } from './family.js';

export function perPlace<T>(compute: (place: Place) => T): (place: Place) => T {
  const known = new WeakMap<Place, T>();
  return (place) => {
    const found = known.get(place) ?? compute(place);
    known.set(place, found);
    return found;
  };
}
