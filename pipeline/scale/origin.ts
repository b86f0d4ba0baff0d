/** Where the images of a plan are found again, by full paths: its tasks run in other folders, on other machines. */
import { resolve } from 'node:path';
import { type ImageListing, isUrl } from '../../data/index.js';
import type { Plan } from '../../scale/index.js';

type PlanOrigin = Plan['source']['origin'];

export function fullOrigin({ source: { origin, directory } }: Plan): PlanOrigin {
  const full = (path: string) => (isUrl(path) ? path : resolve(directory, path));
  if (origin === null) return null;
  if ('array' in origin) return { array: { ...origin.array, file: full(origin.array.file) } };
  return 'folder' in origin ? { folder: full(origin.folder) } : { inputs: origin.inputs.map(full) };
}

/** Null where the images are in an array. */
export function listingOrigin(origin: PlanOrigin): ImageListing['origin'] {
  return origin !== null && 'array' in origin ? null : origin;
}
