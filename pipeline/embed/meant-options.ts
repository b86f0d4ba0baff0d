/** What `embedImages` refuses: options that say something of the other kind of images, which would be left out in silence, and what is no embedder. */

import { CodedError, publicUrl, shownValue } from '../../base/index.js';
import { DataError } from '../../data/index.js';
import type { EmbedImagesOptions } from '../options/index.js';

type Options = Pick<
  EmbedImagesOptions,
  | ('images' | 'layout' | 'pixels')
  | ('timestampFrom' | 'groupFrom' | 'imageColumn' | 'maxPixels' | 'orientation' | 'background' | 'allowTruncated')
>;
type Name = keyof Options;

/** What each option is where it changes nothing, beside `undefined`. */
const AS_WITHOUT: { readonly [K in Name]?: Options[K] } = { layout: 'nhwc', allowTruncated: false };
const OF_ARRAYS: readonly Name[] = ['images', 'layout', 'pixels'];
const OF_FILES: readonly Name[] = [
  ...(['timestampFrom', 'groupFrom', 'imageColumn'] as const),
  ...(['maxPixels', 'orientation', 'background', 'allowTruncated'] as const),
];

/** @param path of the array @throws DataError `BAD_OPTION` */
export function refuseOptionsOfFiles(path: string, options: Options): void {
  const name = given(OF_FILES, options);
  if (name === undefined) return;
  throw new DataError('BAD_OPTION', `${publicUrl(path)}: ${name} is for image files, this is an array`, {
    hint: 'The images of an array have no names, times or columns. Leave it out, or give the images as files or parquet.',
  });
}

/** @param where names the files in errors @throws DataError `BAD_OPTION` */
export function refuseOptionsOfArrays(where: string, options: Options): void {
  const name = given(OF_ARRAYS, options);
  if (name === undefined) return;
  throw new DataError('BAD_OPTION', `${where}: ${name} is for arrays (npz, npy), these are image files`, {
    hint: 'Leave it out.',
  });
}

function given(names: readonly Name[], options: Options): Name | undefined {
  return names.find((name) => options[name] !== undefined && options[name] !== AS_WITHOUT[name]);
}

/**
 * Programs in JavaScript may pass what `Embedder.load` takes instead of what it gives.
 *
 * @param name of the function that was called
 * @throws CodedError `BAD_OPTION` for a path, a promise and whatever else is no embedder
 */
export function checkEmbedder(name: string, embedder: unknown): void {
  if (typeof (embedder as { run?: unknown } | null | undefined)?.run === 'function') return;
  const found = embedder instanceof Promise ? 'a promise' : shownValue(embedder);
  throw new CodedError('BAD_OPTION', `${name}: its embedder is ${found}, not an Embedder`, {
    hint: 'Pass what `await Embedder.load(folder)` gives.',
  });
}
