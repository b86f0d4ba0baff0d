/** The flags that say what events hold of each image file, for `embed` and `plan`. */
import type { EmbedImagesOptions } from '../pipeline/embed/index.js';
import type { Flags } from './flag.js';
import { type DecodeArgs, decodeOptions, decodeSettings, imageSetOptions, labelsOf } from './shared-options.js';
import { timeOf } from './time-of.js';

export interface EventArgs extends DecodeArgs {
  labels?: string;
  dataset?: string;
  imageUrl?: string;
  timestamp?: string;
  timestampFrom?: string;
  groupFrom?: string;
  imageColumn?: string;
  statistics: boolean;
}

const { labels, 'image-column': imageColumn } = imageSetOptions;

export const eventOptions: Flags = {
  labels: labels!,
  'image-column': imageColumn!,
  ...decodeOptions,
  dataset: {
    computes: true,
    type: 'string',
    requiresArg: true,
    describe: 'Name in event_id and image_url',
    defaultDescription: 'FOLDER/FILE',
  },
  'image-url': {
    type: 'string',
    requiresArg: true,
    describe: 'Template of image_url',
    defaultDescription: '{key} of a file, {dataset}/{row}.png of an array',
  },
  'timestamp-from': {
    computes: true,
    type: 'string',
    requiresArg: true,
    describe: 'When each image file was taken: exif, mtime, name:REGEX, column:NAME',
  },
  'group-from': {
    computes: true,
    type: 'string',
    requiresArg: true,
    describe: 'Column group (camera, site, clip): folder:1, name:REGEX, column:NAME',
  },
  timestamp: {
    computes: true,
    type: 'string',
    requiresArg: true,
    describe: 'When the images were taken: ISO 8601 (UTC), or ms since 1970',
  },
  statistics: {
    computes: true,
    type: 'boolean',
    default: true,
    describe: 'Brightness, sharpness, perceptual hash, … of each image as columns; --no-statistics for none',
  },
};

/** @throws UsageError */
export async function eventSettings(args: EventArgs): Promise<EmbedImagesOptions> {
  return {
    labels: labelsOf(args),
    dataset: args.dataset,
    imageUrl: args.imageUrl,
    timestampFrom: args.timestampFrom,
    groupFrom: args.groupFrom,
    imageColumn: args.imageColumn,
    timestamp: args.timestamp === undefined ? undefined : await timeOf('timestamp', args.timestamp),
    statistics: args.statistics,
    ...decodeSettings(args),
  };
}
