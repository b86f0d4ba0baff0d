/** Whether a library has a network of a name, so that a misspelt one is not taken for one that says nothing. */
import { nearest, printable } from '../../base/index.js';
import { backboneNames, type Library } from '../../graph/backbones/index.js';
import { GraphError } from '../../graph/index.js';
import { timmNames, withoutTag } from './timm.js';
import { FIELDS, TRANSFORMERS_CLASSES } from './transformers-class.js';

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

/**
 * Names of networks in other libraries than timm, as far as their families are converted: what `--backbone open_clip:NAME` and
 * `--backbone transformers:TYPE` may say. timm's are in `timm-networks.txt`. Made by `spec/ci/families/list_names.py`.
 */
const OPEN_CLIP = `
ViT-B-16 ViT-B-16-plus ViT-B-16-plus-240 ViT-B-16-quickgelu ViT-B-32 ViT-B-32-256 ViT-B-32-plus-256 ViT-B-32-quickgelu
ViT-H-14 ViT-H-14-378 ViT-H-14-378-quickgelu ViT-H-14-CLIPA ViT-H-14-CLIPA-336 ViT-H-14-quickgelu ViT-H-14-worldwide
ViT-H-14-worldwide-378 ViT-H-14-worldwide-quickgelu ViT-H-16 ViT-L-14 ViT-L-14-280 ViT-L-14-336 ViT-L-14-336-quickgelu
ViT-L-14-CLIPA ViT-L-14-CLIPA-336 ViT-L-14-quickgelu ViT-L-14-worldwide ViT-L-14-worldwide-quickgelu ViT-L-16
ViT-L-16-320 ViT-M-16 ViT-M-16-alt ViT-M-32 ViT-M-32-alt ViT-S-16 ViT-S-16-alt ViT-S-32 ViT-S-32-alt ViT-bigG-14
ViT-bigG-14-CLIPA ViT-bigG-14-CLIPA-336 ViT-bigG-14-quickgelu ViT-bigG-14-worldwide ViT-bigG-14-worldwide-378 ViT-e-14
ViT-g-14
`;

const listed = (text: string) => text.trim().split(/\s+/);

const LIBRARY_NAMES: Readonly<Partial<Record<Library, readonly string[]>>> = {
  open_clip: listed(OPEN_CLIP),
  // Types of config.json, and classes.
  transformers: [...Object.keys(FIELDS), ...Object.keys(TRANSFORMERS_CLASSES)],
};
