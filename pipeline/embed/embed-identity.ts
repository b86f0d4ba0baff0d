/** What the events of a run follow from, as far as parts of another run may hold something else. */
import type { Embedder } from '../../engine/index.js';
import { packageVersion, pixelSettingsSha256 } from '../../weights/index.js';
import type { EmbedImagesOptions } from '../options/index.js';
import type { EmbedInput } from './embed-input.js';
import type { RunIdentity } from './parts/run-identity.js';

/**
 * Names of flags are those of the command line. What only changes how events are written is left out: `dataset`,
 * `imageUrl`, the format. So is what only decides whether a run ends: `maxRejected`.
 */
export async function embedIdentity(
  embedder: Embedder,
  input: EmbedInput,
  options: EmbedImagesOptions,
): Promise<RunIdentity> {
  const { maxPixels, imageColumn, timestamp, timestampFrom, groupFrom, corruption, labels } = options;
  const given: Record<string, string | number | null | undefined> = {
    'max-pixels': maxPixels,
    'image-column': imageColumn,
    labels: labels === null ? 'none' : labels,
    timestamp,
    'timestamp-from': timestampFrom,
    'group-from': groupFrom,
    corruption: corruption && `${corruption.name}, seed ${corruption.seed}`,
  };
  return {
    version: packageVersion,
    ...embedder.computation,
    pixels: pixelSettingsSha256(embedder.config.preprocessing, options),
    statistics: (options.statistics ?? true) ? 'yes' : 'no',
    'redact-paths': options.redactPaths ? 'yes' : 'no',
    ...Object.fromEntries(
      Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    ),
    ...(await input.identity()),
  };
}
