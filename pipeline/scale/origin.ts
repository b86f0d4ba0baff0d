/** Where the images of a plan are found again, by full paths: its tasks run in other folders, on other machines. */
import { resolve } from 'node:path';
import { type ImageListing, isUrl } from '../../data/index.js';
import type { Plan } from '../../scale/index.js';

export function fullOrigin({ source: { origin, directory } }: Plan): ImageListing['origin'] {
  const full = (path: string) => (isUrl(path) ? path : resolve(directory, path));
  if (origin === null) return null;
  return 'folder' in origin ? { folder: full(origin.folder) } : { inputs: origin.inputs.map(full) };
}
