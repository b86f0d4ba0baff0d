import { type AnyOption, type Fields, Option, paths, text, toggle, whole } from '../base/index.js';
import type { ColumnChoice } from '../data/index.js';
import { columnFields, decodeFields, imageSetFields } from '../data/options/index.js';
import type { EmbedImagesOptions } from '../pipeline/embed/index.js';
import { embedFields, imageFields } from '../pipeline/options/index.js';
import { type ArgsOf, valuesOf } from './flag.js';
import { UsageError } from './usage-error.js';

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

export const imageSetFlags = { images, labels, imageColumn: imageFields.imageColumn, ...shape };

export const baselineImagesFlag = paths().flag('Labelled images of the baseline: an array or files, as for embed');

export function columnChoice(args: ArgsOf<typeof columnFields>): ColumnChoice {
  return valuesOf(columnFields, args);
}

export const seedFlag = whole(0).default(0);

/** What a report shows, for commands that write one. Drill writes none, and its `--images` means something else. */
export const reportPrivacyFlags = {
  images: toggle().default(true).computes('Pictures in the report; --no-images for not a pixel of any'),
  redactPaths: toggle()
    .default(false)
    .computes('No folders in what is made: files and images are shown by their last name alone'),
};

const { dataset, imageUrl, timestampFrom, groupFrom, statistics } = embedFields;

export const eventFlags = {
  ...imageSetFlags,
  ...decodeFields,
  ...{ dataset, imageUrl, timestampFrom, groupFrom },
  timestamp: text().orNumber().computes('When the images were taken: ISO 8601 (UTC), or ms since 1970'),
  statistics,
};

/** @throws UsageError */
export async function eventSettings(args: ArgsOf<typeof eventFlags>): Promise<EmbedImagesOptions> {
  const { timestamp } = args;
  return {
    ...valuesOf(eventFlags, args),
    timestamp: timestamp === undefined ? undefined : await timeOf('timestamp', timestamp),
  };
}

/** A moment, ms since 1970: ISO 8601 (UTC without a zone) or ms. `Date.parse` takes "week 5" for a day in May 2001. */
export async function timeOf(flag: string, text: string): Promise<number> {
  const { isoMilliseconds } = await import('../data/index.js');
  const time = /^\d{12,14}$/.test(text) ? Number(text) : isoMilliseconds(text.toUpperCase());
  if (time !== null) return time;
  throw new UsageError(`--${flag} ${text}: ISO 8601 such as 2026-11-25T12:00:00Z, or milliseconds, is needed`);
}
