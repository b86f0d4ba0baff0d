/** Flags that several commands share. */
import type { ColumnChoice } from '../data/index.js';
import { wholeNumber } from './command.js';
import { computing, type Flag, type Flags } from './flag.js';
import { colour, maxRejected } from './image-files.js';

export const weightsOption: Flag = {
  type: 'string',
  demandOption: true,
  requiresArg: true,
  describe: 'Folder made by convert, a bundled model, a checkpoint, or hf:org/name[@revision][/file]',
};

export const baselineOption: Flag = {
  type: 'string',
  demandOption: true,
  requiresArg: true,
  describe: 'Profile made by image-drift baseline',
};

/** Which arrays of a file are the images and their labels, and the order of their dimensions. */
export const imageSetOptions: Flags = computing({
  images: { type: 'string', requiresArg: true, describe: 'Name of the image array', defaultDescription: 'arr_0' },
  labels: {
    type: 'string',
    requiresArg: true,
    describe: 'Name of the label array; of files folder or a column; none if there are no labels',
    defaultDescription: 'arr_1 if it exists; folders that are named like classes',
  },
  'image-column': {
    type: 'string',
    requiresArg: true,
    describe: 'Of a table: the column of images, paths or URLs',
    defaultDescription: 'image, file_name, path, …',
  },
  pixels: {
    type: 'string',
    requiresArg: true,
    choices: ['unit'],
    describe: 'Of a float array: unit for pixels that were divided by 255',
  },
  layout: {
    type: 'string',
    choices: ['nhwc', 'nchw'],
    default: 'nhwc',
    describe: 'Order of the dimensions of the image array',
  },
});

/** How image files are decoded. */
export const decodeOptions: Flags = {
  'max-pixels': {
    type: 'number',
    requiresArg: true,
    coerce: wholeNumber('max-pixels', 1),
    describe: 'Largest image file, width × height',
    defaultDescription: '100,000,000',
  },
  orientation: {
    computes: true,
    type: 'string',
    requiresArg: true,
    choices: ['ignore', 'apply'],
    describe: 'What to do with the orientation that EXIF says',
    defaultDescription: 'as the weights say',
  },
  background: {
    computes: true,
    type: 'string',
    requiresArg: true,
    describe: 'Colour behind transparent pixels, RRGGBB',
    defaultDescription: 'alpha is dropped, as Pillow does',
  },
  'allow-truncated': {
    computes: true,
    type: 'boolean',
    default: false,
    describe: 'Take image files whose end is missing, as Pillow does with LOAD_TRUNCATED_IMAGES',
  },
};

export interface DecodeArgs {
  maxPixels?: number;
  orientation?: 'ignore' | 'apply';
  background?: string;
  allowTruncated: boolean;
}

/** @throws UsageError */
export function decodeSettings({ maxPixels, orientation, background, allowTruncated }: DecodeArgs) {
  return {
    maxPixels,
    orientation,
    background: background === undefined ? undefined : colour(background),
    allowTruncated,
  };
}

/** What `imageSetOptions`, `decodeOptions` and `cacheOption` say of images that are read as a set. */
export interface ImageSetArgs extends DecodeArgs {
  images?: string;
  labels?: string;
  layout: 'nhwc' | 'nchw';
  pixels?: 'unit';
  imageColumn?: string;
  cache?: string;
}

/** @throws UsageError */
export function imageSetSettings(args: ImageSetArgs) {
  const { images, layout, pixels, imageColumn, cache } = args;
  return { images, labels: labelsOf(args), layout, pixels, imageColumn, cache, ...decodeSettings(args) };
}

/** Null for none. */
export function labelsOf({ labels }: { labels?: string }): string | null | undefined {
  return labels === 'none' ? null : labels;
}

export const baselineImagesOption: Flag = {
  type: 'string',
  array: true,
  requiresArg: true,
  describe: 'Labelled images of the baseline: an array or files, as for embed',
};

/** Where images at URLs may be kept. */
export const cacheOption: Flags = {
  cache: {
    notFromEnvironment: true,
    type: 'string',
    requiresArg: true,
    describe: 'Folder that keeps files of https:// and s3:// URLs for the next run',
    defaultDescription: 'nothing is kept',
  },
};

export const maxRejectedOption: Flags = {
  'max-rejected': {
    computes: true,
    type: 'string',
    requiresArg: true,
    default: '1%',
    coerce: maxRejected,
    describe: 'Image files that may be broken, a number or a share, rounded down; more are exit code 4. 0 is strict',
  },
};

/** Which columns of an events file are what, where it does not say. */
export const columnOptions: Flags = {
  'embedding-column': {
    type: 'string',
    requiresArg: true,
    describe: "Column of the embeddings, key of an npz, or 'e*' for columns e0, e1, …",
    defaultDescription: 'embeddings',
  },
  scores: {
    list: true,
    type: 'string',
    requiresArg: true,
    describe: "Columns of class scores, in the network's order: a,b,c, or 'prob_*'",
    defaultDescription: 'as the file says',
  },
};

/** What rows hang together by. */
export const groupOption: Flags = {
  group: {
    list: true,
    computes: true,
    type: 'string',
    requiresArg: true,
    describe: 'Rows that hang together, such as frames of a clip: columns a,b, or 1h or 1d of the timestamps, or none',
    defaultDescription: 'column group of ten groups or more; else near-duplicates, or the order of the rows',
  },
};

/** How windows are cut. */
export const windowOption: Flags = {
  window: {
    computes: true,
    type: 'string',
    choices: ['1h', '1d', '1w'],
    describe: 'A window an hour, day or week of the timestamps (UTC) instead of a window a file',
  },
};

/** What segments are. */
export function segmentsOption(describe: string): Flags {
  return { by: { computes: true, list: true, type: 'string', requiresArg: true, describe } };
}

export interface ColumnArgs {
  embeddingColumn?: string;
  scores?: string;
}

export function columnChoice({ embeddingColumn, scores }: ColumnArgs): ColumnChoice {
  return { embeddingColumn, scores: scores?.split(',') };
}

export function seedOption(of: string): Flag {
  return {
    computes: true,
    type: 'number',
    default: 0,
    requiresArg: true,
    describe: of,
    coerce: wholeNumber('seed', 0),
  };
}

/** Flags of commands that write a report. Drill writes none, and its flag `--images` means something else. */
export const reportPrivacyOptions: Flags = computing({
  images: { type: 'boolean', default: true, describe: 'Pictures in the report; --no-images for not a pixel of any' },
  'redact-paths': redactPathsOption('files and images are shown by their last name alone'),
});

export interface ReportPrivacyArgs {
  images: boolean;
  redactPaths: boolean;
}

export function redactPathsOption(what: string): Flag {
  return { computes: true, type: 'boolean', default: false, describe: `No folders in what is made: ${what}` };
}
