/**
 * Writes the event table of `embedImages`: what an event holds besides its embedding, and how many predictions are
 * correct.
 */
import {
  DEFAULT_IMAGE_URL_TEMPLATE,
  type EventBatch,
  type EventTableSchema,
  type EventWriter,
  eventIdsOf,
  IMAGE_STATISTICS,
  type ImageSet,
  type ImageSource,
  imageSourceTo,
  imageUrlsOf,
  labelNames,
  openEventWriter,
} from '../../data/index.js';
import { predictedOf } from '../../drift/prediction/index.js';
import type { Embedded, Embedder, TapOutput } from '../../engine/index.js';
import type { EmbedImagesOptions } from './embed-options.js';
import type { PreparedBatch } from './prepared-batches.js';

/** The table being written. It opens with the first batch, which tells the length of an embedding. */
export class EventTable {
  rows = 0;
  labelled = 0;
  correct = 0;
  #writer: EventWriter | null = null;
  readonly #eventId: (row: number) => string;
  readonly #imageUrl: (row: number) => string;
  readonly #embedder: Embedder;
  readonly #images: ImageSet;
  readonly #imagesPath: string;
  readonly #out: string;
  readonly #options: EmbedImagesOptions;

  constructor(
    embedder: Embedder,
    images: ImageSet,
    imagesPath: string,
    dataset: string,
    out: string,
    options: EmbedImagesOptions,
  ) {
    this.#embedder = embedder;
    this.#images = images;
    this.#imagesPath = imagesPath;
    this.#out = out;
    this.#options = options;
    this.#eventId = eventIdsOf(dataset, embedder.weightsSha256);
    this.#imageUrl = imageUrlsOf(options.imageUrl ?? DEFAULT_IMAGE_URL_TEMPLATE, dataset);
  }

  async write(embedded: Embedded<PreparedBatch>): Promise<void> {
    this.#writer ??= await openEventWriter(this.#out, this.#schema(embedded));
    const batch = this.#events(embedded);
    await this.#writer.write(batch);
    this.rows += batch.rows;
    this.#tally(batch);
  }

  async commit(): Promise<void> {
    await this.#writer?.commit();
  }

  async discard(): Promise<void> {
    await this.#writer?.discard();
  }

  #schema({ taps }: Embedded<PreparedBatch>): EventTableSchema {
    const { config, weightsSha256 } = this.#embedder;
    const [[tap, embedding], ...extra] = tapsInOrder(taps);
    return {
      dimensions: product(embedding.shape.slice(1)),
      classes: config.classes,
      tap,
      weightsSha256,
      hasTargets: this.#images.labels !== null,
      hasImageUrls: true,
      hasTimestamps: this.#options.timestamp !== undefined,
      hasEventIds: true,
      statistics: (this.#options.statistics ?? true) ? IMAGE_STATISTICS : [],
      images: this.#source(),
      extraTaps: new Map(extra.map(([name, { shape }]) => [name, shape.slice(1)])),
    };
  }

  /** The source of the images; null if the embedded images are not those of the file. */
  #source(): ImageSource | null {
    const images = this.#images;
    const imagesPath = this.#imagesPath;
    const out = this.#out;
    const options = this.#options;
    if (options.transform || options.redactPaths) return null;
    return {
      file: imageSourceTo(imagesPath, out),
      array: images.array,
      layout: options.layout ?? 'nhwc',
      ...(this.#embedder.config.preprocessing.mean.length === 4 ? { channels: 4 as const } : {}),
      count: images.count,
      corruption: options.corruption ?? null,
    };
  }

  #events({ input, rows, taps, scores }: Embedded<PreparedBatch>): EventBatch {
    const { config } = this.#embedder;
    const images = this.#images;
    const options = this.#options;
    const rowNumbers = Array.from({ length: rows }, (_, i) => input.firstRow + i);
    const [[, embedding], ...extra] = tapsInOrder(taps);
    return {
      rows,
      embeddings: embedding.data,
      scores,
      targets: labelNames(input.labels, config.classes, images.labelsWhere ?? images.where, input.firstRow),
      imageUrls: rowNumbers.map(this.#imageUrl),
      timestamps: rowNumbers.map(() => options.timestamp ?? null),
      eventIds: rowNumbers.map(this.#eventId),
      statistics: input.statistics,
      extraTaps: new Map(extra.map(([name, { data }]) => [name, data])),
    };
  }

  #tally({ rows, scores, targets }: EventBatch): void {
    if (scores === null) return;
    const { classes } = this.#embedder.config;
    const matrix = { rows, columns: classes.length, data: scores };
    for (let row = 0; row < rows; row++) {
      const target = targets[row] ?? null;
      if (target === null) continue;
      this.labelled++;
      if (classes[predictedOf(matrix, row)] === target) this.correct++;
    }
  }
}

/** The taps in order. The first one is the embedding; an embedder has at least one. */
function tapsInOrder(taps: Embedded<PreparedBatch>['taps']): [[string, TapOutput], ...[string, TapOutput][]] {
  return [...taps] as [[string, TapOutput], ...[string, TapOutput][]];
}

function product(values: readonly number[]): number {
  return values.reduce((a, b) => a * b, 1);
}
