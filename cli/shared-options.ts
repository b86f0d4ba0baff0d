/** Flags that several commands share. */
import { type AnyOption, type Fields, Option, paths, text, toggle, whole } from '../base/index.js';
import type { ColumnChoice } from '../data/index.js';
import { columnFields, imageSetFields } from '../data/options/index.js';
import { imageFields } from '../pipeline/options/index.js';
import { type ArgsOf, valuesOf } from './flag.js';

/** The fields, each as one that only says how something is computed. */
export function computing<F extends Fields>(fields: F): F {
  const marked = Object.entries(fields).map(
    ([name, { words }]) => [name, new Option({ ...words, computes: true }) as AnyOption] as const,
  );
  return Object.fromEntries(marked) as F;
}

export const weightsFlag = text()
  .needed()
  .flag('Folder made by convert, a bundled model, a checkpoint, or hf:org/name[@revision][/file]');

export const baselineFlag = text().needed().flag('Profile made by image-drift baseline');

const { images, labels, ...shape } = imageSetFields;

/** Which arrays of a file are the images and their labels, and the order of their dimensions. */
export const imageSetFlags = { images, labels, imageColumn: imageFields.imageColumn, ...shape };

export const baselineImagesFlag = paths().flag('Labelled images of the baseline: an array or files, as for embed');

/** Which columns of an events file are what, where it does not say. */
export function columnChoice(args: ArgsOf<typeof columnFields>): ColumnChoice {
  return valuesOf(columnFields, args);
}

export const seedFlag = whole(0).default(0);

/** What a report shows, for commands that write one. Drill writes none, and its flag `--images` means something else. */
export const reportPrivacyFlags = {
  images: toggle().default(true).computes('Pictures in the report; --no-images for not a pixel of any'),
  redactPaths: toggle()
    .default(false)
    .computes('No folders in what is made: files and images are shown by their last name alone'),
};
