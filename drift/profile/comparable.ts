/** Checks that a window may be compared with a profile at all. */
import { DriftError, grouped } from '../drift-error.js';
import type { Profile } from './profile.js';

/** What a table says of its rows; null where it says nothing. */
export interface ComparableSource {
  dimensions: number;
  weightsSha256?: string | null | undefined;
  pixelsSha256?: string | undefined;
  tap?: string | null | undefined;
  /** Empty where not known. */
  classes?: readonly string[] | undefined;
}

/**
 * Refuses rows that come from another model or layer. What one side does not say is not compared.
 *
 * @param what names the rows in messages, e.g. the file
 * @throws DriftError `PROFILE_OTHER_DIMENSIONS`, `PROFILE_OTHER_WEIGHTS`, `PROFILE_OTHER_PIXELS`,
 *   `PROFILE_OTHER_TAP`, `PROFILE_OTHER_CLASSES`
 */
export function checkComparable(profile: Profile, source: ComparableSource, what = 'the rows'): void {
  if (source.dimensions !== profile.dimensions) {
    throw new DriftError(
      'PROFILE_OTHER_DIMENSIONS',
      `${what}: embeddings of ${grouped(source.dimensions)} values, the profile has ${grouped(profile.dimensions)}`,
      { hint: 'Compare with a profile made from the same model and tap.' },
    );
  }
  checkSame('PROFILE_OTHER_WEIGHTS', what, 'weights sha256', source.weightsSha256, profile.weightsSha256);
  checkSamePixels(source.pixelsSha256, profile.pixelsSha256, what);
  checkSame('PROFILE_OTHER_TAP', what, 'tap', source.tap, profile.tap);
  checkSameClasses(source.classes ?? [], profile.classes, what);
}

function checkSame(
  code: string,
  what: string,
  name: string,
  found: string | null | undefined,
  needed: string | null,
): void {
  if (found === null || found === undefined || needed === null || found === needed) return;
  throw new DriftError(code, `${what}: ${name} ${found}, the profile was made with ${needed}`, {
    hint: 'Distances between different networks or layers say nothing of drift: make the profile again with this one.',
  });
}

function checkSamePixels(found: string | undefined, needed: string | undefined, what: string): void {
  if (found === undefined || needed === undefined || found === needed) return;
  throw new DriftError(
    'PROFILE_OTHER_PIXELS',
    `${what}: pixel settings ${found}, the profile was made with ${needed}`,
    { hint: 'Embed both with the same --orientation, --background and --allow-truncated.' },
  );
}

function checkSameClasses(found: readonly string[], needed: readonly string[], what: string): void {
  if (found.length === 0 || needed.length === 0) return;
  if (found.length !== needed.length) {
    throw new DriftError('PROFILE_OTHER_CLASSES', `${what}: ${found.length} classes, the profile has ${needed.length}`);
  }
  const at = found.findIndex((name, i) => name !== needed[i]);
  if (at === -1) return;
  throw new DriftError(
    'PROFILE_OTHER_CLASSES',
    `${what}: class ${at} is ${JSON.stringify(found[at])}, in the profile ${JSON.stringify(needed[at])}`,
  );
}
