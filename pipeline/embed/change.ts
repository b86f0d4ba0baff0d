/** What is done to images before they are resized: a corruption or another change, then their statistics. */
import { corruptBatch, imageStatistics, type LabelledBatch } from '../../data/index.js';
import type { EmbedImagesOptions } from './embed-options.js';

const NO_STATISTICS: ReadonlyMap<string, Float32Array> = new Map();

export function changed(batch: LabelledBatch, { corruption, transform }: EmbedImagesOptions): LabelledBatch {
  const { firstRow } = batch;
  const corrupted = corruption
    ? { ...batch, ...corruptBatch(batch, corruption.name, { seed: corruption.seed, firstRow }) }
    : batch;
  return transform ? transform(corrupted) : corrupted;
}

/** Empty where none are asked for. */
export function statisticsOf(batch: LabelledBatch, options: EmbedImagesOptions): ReadonlyMap<string, Float32Array> {
  return (options.statistics ?? true) ? imageStatistics(batch) : NO_STATISTICS;
}
