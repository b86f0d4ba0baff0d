/** The flags that say what events hold of each image file, for `embed` and `plan`. */
import { text } from '../base/index.js';
import { decodeFields } from '../data/options/index.js';
import type { EmbedImagesOptions } from '../pipeline/embed/index.js';
import { embedFields } from '../pipeline/options/index.js';
import { type ArgsOf, valuesOf } from './flag.js';
import { imageSetFlags } from './shared-options.js';
import { timeOf } from './time-of.js';

const { dataset, imageUrl, timestampFrom, groupFrom, statistics } = embedFields;

export const eventFlags = {
  ...imageSetFlags,
  ...decodeFields,
  ...{ dataset, imageUrl, timestampFrom, groupFrom },
  timestamp: text().computes('When the images were taken: ISO 8601 (UTC), or ms since 1970'),
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
