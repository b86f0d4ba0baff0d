/** What is done to images before they are resized: a corruption or another change, then their statistics and looks. */
import {
  type CarriedColumn,
  type CarriedValue,
  corruptBatch,
  IMAGE_LOOK_COLUMNS,
  type ImageLook,
  imageLooks,
  imageStatistics,
  type LabelledBatch,
} from '../../data/index.js';
import type { EmbedImagesOptions } from '../options/index.js';

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

/** The columns of looks. None where no statistics are asked for. */
export function lookColumns(options: EmbedImagesOptions): readonly CarriedColumn[] {
  return (options.statistics ?? true) ? IMAGE_LOOK_COLUMNS : [];
}

/** A value for each of `lookColumns`. */
export function lookValues(look: ImageLook | null): CarriedValue[] {
  return look === null ? [] : [look.phash, look.dark, look.bright, look.blurred, look.grid];
}

/** What the images look like: a value for each of `lookColumns`, `[rows]`. */
export function looksOf(batch: LabelledBatch, options: EmbedImagesOptions): Map<string, CarriedValue[]> {
  const columns = lookColumns(options);
  const looks = columns.length === 0 ? [] : imageLooks(batch).map(lookValues);
  return new Map(columns.map(({ name }, column) => [name, looks.map((values) => values[column] ?? null)]));
}
