/** Whether a library has a network of a name, so that a misspelt one is not taken for one that says nothing. */
import { nearest, printable } from '../../base/index.js';
import { backboneNames, type Library } from '../../graph/backbones/index.js';
import { GraphError } from '../../graph/index.js';
import { LIBRARY_NAMES } from './library-names.js';
import { timmNames, withoutTag } from './timm.js';

/**
 * The networks of a library that `--backbone LIBRARY:NAME` may say. timm's have no tag, which does not matter.
 *
 * @param library where the names come from
 *
 * @example
 * ```ts
 * import { libraryNames } from 'image-drift/convert';
 *
 * console.log(libraryNames('timm').filter((name) => name.startsWith('regnety'))); // [ 'regnety_002', … ]
 * ```
 */
export function libraryNames(library: Library): readonly string[] {
  return library === 'timm' ? timmNames().converted : (LIBRARY_NAMES[library] ?? backboneNames());
}

/** How many names a message lists. */
const MOST_LISTED = 4;

/**
 * @param name as the library has it; a tag of timm, after a dot, does not matter
 * @throws GraphError `UNKNOWN_BACKBONE`, with the nearest names
 */
export function checkLibraryName(library: Library, name: string): void {
  const names = library === 'timm' ? timmNames().all : LIBRARY_NAMES[library];
  const plain = library === 'timm' ? withoutTag(name) : name;
  if (names === undefined || names.includes(plain)) return;
  const near = nearestNames(plain, names);
  throw new GraphError('UNKNOWN_BACKBONE', `"${printable(name)}" is not a network of ${library} that is known here`, {
    hint: `${near.length === 0 ? '' : `Did you mean ${near.join(', ')}? `}image-drift models --library ${library} lists the ${libraryNames(library).length} that are converted.`,
  });
}

/** The nearest, and after it those that are nearest without it. */
function nearestNames(name: string, names: readonly string[]): string[] {
  const found: string[] = [];
  while (found.length < MOST_LISTED) {
    const next = nearest(
      name,
      names.filter((other) => !found.includes(other)),
    );
    if (next === null) return found;
    found.push(next);
  }
  return found;
}
