/** The options of `embedImages` in a plan, and back. */
import type { Plan, PlanSettings } from '../../scale/index.js';
import type { EmbedImagesOptions } from '../embed/index.js';

export function plannedSettings(options: EmbedImagesOptions): PlanSettings {
  const { imageUrl, timestamp, timestampFrom, groupFrom, statistics } = options;
  const { images, labels, layout, pixels, imageColumn } = options;
  const { maxPixels, orientation, allowTruncated, background } = options;
  return given({
    ...{ images, labels, layout, pixels, imageColumn },
    ...{ imageUrl, timestamp, timestampFrom, groupFrom, statistics, maxPixels, orientation, allowTruncated },
    background: background && [background[0], background[1], background[2]],
  });
}

export function settingsOf({ settings, dataset }: Plan): EmbedImagesOptions {
  return { ...settings, dataset };
}

/** Without those that are undefined: what was not given is not in the plan. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
