/** The flags that say what events hold of each image file, for `embed` and `plan`. */
import { text } from '../base/index.js';
import { decodeFields } from '../data/options/index.js';
import type { EmbedImagesOptions } from '../pipeline/embed/index.js';
import { embedFields } from '../pipeline/options/index.js';
import { type ArgsOf, valuesOf } from './flag.js';
import { imageSetFlags } from './shared-options.js';
import { UsageError } from './usage-error.js';

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

/**
 * A moment as a flag has it, ms since 1970: ISO 8601, UTC where no zone is given, or milliseconds. Nothing else:
 * `Date.parse` alone takes "week 5" for a day in May 2001.
 * @throws UsageError
 */
export async function timeOf(flag: string, text: string): Promise<number> {
  const { isoMilliseconds } = await import('../data/index.js');
  const time = /^\d{12,14}$/.test(text) ? Number(text) : isoMilliseconds(text.toUpperCase());
  if (time !== null) return time;
  throw new UsageError(`--${flag} ${text}: ISO 8601 such as 2026-11-25T12:00:00Z, or milliseconds, is needed`);
}
