/** What a caller of `embedImages` may choose. */
import type { CorruptionName, ImageSetOptions, LabelledBatch } from '../../data/index.js';

export interface EmbedImagesOptions extends ImageSetOptions {
  /** What the images are called together; part of `event_id` and `image_url`. Default: folder and name of the file. */
  dataset?: string | undefined;
  /** Template with `{dataset}` and `{row}`. */
  imageUrl?: string | undefined;
  /** Milliseconds since 1970, UTC, of every image; left out where not known. */
  timestamp?: number | undefined;
  /** What happens to the images before they are measured, resized and embedded. */
  corruption?: { name: CorruptionName; seed: number } | undefined;
  /** Any other change to them, at the same place; must keep rows and order. The table then names no images. */
  transform?: ((batch: LabelledBatch) => LabelledBatch) | undefined;
  /** Whether the table gets statistics of the images (brightness, …), which name the causes of a drift; default true. */
  statistics?: boolean | undefined;
  /** Told after each batch. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}
