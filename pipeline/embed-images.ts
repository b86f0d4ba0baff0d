/**
 * An image file to an event table: read, resize, embed, name, write, all as one stream.
 *
 * Only wiring: what an image, an embedding or an event is belongs to the rooms it calls.
 */
import { basename, dirname, extname, resolve } from 'node:path';
import {
  type CorruptionName,
  corruptBatch,
  DEFAULT_IMAGE_URL_TEMPLATE,
  type EventBatch,
  type EventTableSchema,
  type EventWriter,
  eventFormat,
  eventId,
  IMAGE_STATISTICS,
  type ImageSet,
  type ImageSetOptions,
  type ImageSource,
  imageSourceTo,
  imageStatistics,
  imageUrl,
  type LabelledBatch,
  labelNames,
  openEventWriter,
  openImages,
  prepareBatch,
  preparedSize,
} from '../data/index.js';
import { predictedOf } from '../drift/index.js';
import type { Embedded, Embedder, ImageBatch, TapOutput } from '../engine/index.js';

/** An image batch at the model's size that still knows where its images come from and what they looked like. */
export interface PreparedBatch extends ImageBatch, Pick<LabelledBatch, 'firstRow' | 'labels'> {
  /** By name, `[rows]` each; empty when they were not asked for. */
  statistics: ReadonlyMap<string, Float32Array>;
}

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

export interface EmbedSummary {
  out: string;
  rows: number;
  /** Images with a label; `correct` of them are predicted as that. */
  labelled: number;
  correct: number;
  /** Reading, preprocessing, inference and writing, in seconds. */
  seconds: number;
}

/**
 * Embeds every image of `imagesPath` and writes the events to `out`, in the format that its name ends in.
 * Memory does not grow with the number of images; on any error there is no file `out`, or the old one.
 * @throws DataError, EngineError, FileError
 */
export async function embedImages(
  embedder: Embedder,
  imagesPath: string,
  out: string,
  options: EmbedImagesOptions = {},
): Promise<EmbedSummary> {
  const started = performance.now();
  // A name that no format has is told before a minute of work, not after.
  eventFormat(out);
  const images = await openImages(imagesPath, options);
  try {
    const table = new EventTable(embedder, images, imagesPath, out, options);
    try {
      for await (const embedded of embedder.run(preparedBatches(embedder, images, options))) {
        await table.write(embedded);
        options.onProgress?.(table.rows, images.count);
      }
      await table.commit();
    } catch (error) {
      await table.discard();
      throw error;
    }
    const { rows, labelled, correct } = table;
    return { out, rows, labelled, correct, seconds: (performance.now() - started) / 1000 };
  } finally {
    await images.close();
  }
}

/** Folder and file name without its ending: unlike the full path it stays when the data moves to another machine. */
function datasetName(path: string): string {
  const full = resolve(path);
  return `${basename(dirname(full))}/${basename(full, extname(full))}`;
}

async function* preparedBatches(
  embedder: Embedder,
  images: ImageSet,
  options: EmbedImagesOptions,
): AsyncGenerator<PreparedBatch, void, undefined> {
  const { preprocessing } = embedder.config;
  const [height, width] = preparedSize(images, preprocessing, images.where);
  for await (const batch of images.batches(embedder.batchSize(height, width))) {
    const changed = change(batch, options);
    const statistics = (options.statistics ?? true) ? imageStatistics(changed) : NO_STATISTICS;
    const { firstRow, labels } = batch;
    yield { ...prepareBatch(changed, preprocessing, images.where), firstRow, labels, statistics };
  }
}

const NO_STATISTICS: ReadonlyMap<string, Float32Array> = new Map();

function change(batch: LabelledBatch, { corruption, transform }: EmbedImagesOptions): LabelledBatch {
  const { firstRow } = batch;
  const corrupted = corruption
    ? { ...batch, ...corruptBatch(batch, corruption.name, { seed: corruption.seed, firstRow }) }
    : batch;
  return transform ? transform(corrupted) : corrupted;
}

/** The event table under way: opened with the first batch, which tells how long an embedding is. */
class EventTable {
  rows = 0;
  labelled = 0;
  correct = 0;
  private readonly dataset: string;
  private writer: EventWriter | null = null;

  constructor(
    private readonly embedder: Embedder,
    private readonly images: ImageSet,
    private readonly imagesPath: string,
    private readonly out: string,
    private readonly options: EmbedImagesOptions,
  ) {
    this.dataset = options.dataset ?? datasetName(imagesPath);
  }

  async write(embedded: Embedded<PreparedBatch>): Promise<void> {
    this.writer ??= await openEventWriter(this.out, this.schema(embedded));
    const batch = this.events(embedded);
    await this.writer.write(batch);
    this.rows += batch.rows;
    this.tally(batch);
  }

  async commit(): Promise<void> {
    await this.writer?.commit();
  }

  async discard(): Promise<void> {
    await this.writer?.discard();
  }

  private schema({ taps }: Embedded<PreparedBatch>): EventTableSchema {
    const { config, weightsSha256 } = this.embedder;
    const [[tap, embedding], ...extra] = tapsInOrder(taps);
    return {
      dimensions: product(embedding.shape.slice(1)),
      classes: config.classes,
      tap,
      weightsSha256,
      hasTargets: this.images.labels !== null,
      hasImageUrls: true,
      hasTimestamps: this.options.timestamp !== undefined,
      hasEventIds: true,
      statistics: (this.options.statistics ?? true) ? IMAGE_STATISTICS : [],
      images: this.source(),
      extraTaps: new Map(extra.map(([name, { shape }]) => [name, shape.slice(1)])),
    };
  }

  /** Null where the images of the file are not those that are embedded. */
  private source(): ImageSource | null {
    const { images, imagesPath, out, options } = this;
    if (options.transform) return null;
    return {
      file: imageSourceTo(imagesPath, out),
      array: images.array,
      layout: options.layout ?? 'nhwc',
      count: images.count,
      corruption: options.corruption ?? null,
    };
  }

  private events({ input, rows, taps, scores }: Embedded<PreparedBatch>): EventBatch {
    const { config, weightsSha256 } = this.embedder;
    const { dataset, images, options } = this;
    const rowNumbers = Array.from({ length: rows }, (_, i) => input.firstRow + i);
    const template = options.imageUrl ?? DEFAULT_IMAGE_URL_TEMPLATE;
    const [[, embedding], ...extra] = tapsInOrder(taps);
    return {
      rows,
      embeddings: embedding.data,
      scores,
      targets: labelNames(input.labels, config.classes, images.labelsWhere ?? images.where, input.firstRow),
      imageUrls: rowNumbers.map((row) => imageUrl(template, { dataset, row })),
      timestamps: rowNumbers.map(() => options.timestamp ?? null),
      eventIds: rowNumbers.map((row) => eventId(dataset, row, weightsSha256)),
      statistics: input.statistics,
      extraTaps: new Map(extra.map(([name, { data }]) => [name, data])),
    };
  }

  private tally({ rows, scores, targets }: EventBatch): void {
    if (scores === null) return;
    const { classes } = this.embedder.config;
    const matrix = { rows, columns: classes.length, data: scores };
    for (let row = 0; row < rows; row++) {
      const target = targets[row] ?? null;
      if (target === null) continue;
      this.labelled++;
      if (classes[predictedOf(matrix, row)] === target) this.correct++;
    }
  }
}

/** The first is the embedding; an embedder has at least one. */
function tapsInOrder(taps: Embedded<PreparedBatch>['taps']): [[string, TapOutput], ...[string, TapOutput][]] {
  return [...taps] as [[string, TapOutput], ...[string, TapOutput][]];
}

function product(values: readonly number[]): number {
  return values.reduce((a, b) => a * b, 1);
}
