/** Writes the event table of `embedImages`, and counts correct predictions. */
import {
  type EventBatch,
  type EventTableSchema,
  type EventWriter,
  eventIdsOf,
  imageUrlsOf,
  openEventWriter,
  statisticNames,
} from '../../data/index.js';
import { predictedOf } from '../../drift/prediction/index.js';
import type { TapOutput } from '../../engine/index.js';
import { pixelSettingsSha256 } from '../../weights/index.js';
import type { EmbeddedBatch, EmbedRun } from './embed-input.js';

/** Rows from which on it is said that all are alike. */
const FEW_ROWS = 8;
/** Largest difference of values that are alike, as a share of the largest one. */
const ALIKE = 1e-6;

/** The table being written. It opens with the first batch, which tells the length of an embedding. */
export class EventTable {
  rows = 0;
  labelled = 0;
  correct = 0;
  /** Scores, or else the embedding, of the first row; null once another row differs. */
  #first: Float32Array | null | undefined;
  #writer: EventWriter | null = null;
  readonly #eventId: (key: string | number) => string;
  readonly #imageUrl: (row: number, key: string | number) => string;
  readonly #run: EmbedRun;

  constructor(run: EmbedRun) {
    const { embedder, input, options } = run;
    const dataset = options.dataset ?? input.dataset;
    this.#run = run;
    this.#eventId = eventIdsOf(dataset, embedder.weightsSha256);
    // Without paths, the row alone: the name of a set is that of its folder or file.
    const row = options.dataset === undefined ? 'row {row}' : '{dataset}/{row}';
    this.#imageUrl = imageUrlsOf(options.imageUrl ?? (options.redactPaths ? row : input.imageUrl), dataset);
  }

  async write(embedded: EmbeddedBatch): Promise<void> {
    this.#writer ??= await openEventWriter(this.#run.out, this.#schema(embedded));
    const batch = this.#events(embedded);
    await this.#writer.write(batch);
    this.rows += batch.rows;
    this.#tally(batch);
    this.#compare(batch.scores ?? batch.embeddings, batch.rows);
  }

  /** Why the numbers say nothing; null where they differ from image to image. */
  get sameForAll(): string | null {
    if (!this.#first || this.rows < FEW_ROWS) return null;
    const what = this.#run.embedder.config.classes.length > 0 ? 'class scores' : 'embeddings';
    return `All ${this.rows.toLocaleString('en')} images have the same ${what}: they are one image, or the network ignores them. Is it trained, and are its inputs as in training?`;
  }

  async finish(): Promise<void> {
    await this.#writer?.finish();
  }

  async commit(): Promise<void> {
    await this.#writer?.commit();
  }

  async discard(): Promise<void> {
    await this.#writer?.discard();
  }

  #schema({ taps }: EmbeddedBatch): EventTableSchema {
    const { embedder, input, options, out } = this.#run;
    const { config, weightsSha256, weightsNote } = embedder;
    const [[tap, embedding], ...extra] = tapsInOrder(taps);
    return {
      dimensions: embedding.shape.slice(1).reduce((a, b) => a * b, 1),
      classes: config.classes,
      ...(config.multiLabel && { thresholds: config.multiLabel.thresholds }),
      tap,
      weightsSha256,
      pixelsSha256: pixelSettingsSha256(config.preprocessing, options),
      ...(weightsNote === null ? {} : { weightsNote }),
      hasTargets: input.hasLabels,
      hasImageUrls: true,
      hasTimestamps: input.hasTimestamps,
      hasEventIds: true,
      statistics: (options.statistics ?? true) ? statisticNames(config.preprocessing.range) : [],
      images: input.source(out),
      extraTaps: new Map(extra.map(([name, { shape }]) => [name, shape.slice(1)])),
      carried: input.columns,
    };
  }

  #events({ input, rows, taps, scores }: EmbeddedBatch): EventBatch {
    const [[, embedding], ...extra] = tapsInOrder(taps);
    return {
      rows,
      embeddings: embedding.data,
      scores,
      targets: input.targets,
      // The number is that of the whole array, also where only some of its images are embedded.
      imageUrls: input.keys.map((key, i) => this.#imageUrl(typeof key === 'number' ? key : this.rows + i, key)),
      timestamps: input.timestamps,
      eventIds: input.keys.map(this.#eventId),
      statistics: input.statistics,
      extraTaps: new Map(extra.map(([name, { data }]) => [name, data])),
      carried: input.carried,
    };
  }

  #compare(values: Float32Array, rows: number): void {
    if (this.#first === null || rows === 0) return;
    const columns = values.length / rows;
    this.#first ??= values.slice(0, columns);
    const first = this.#first;
    const limit = ALIKE * first.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (values.some((value, i) => Math.abs(value - first[i % columns]!) > limit)) this.#first = null;
  }

  #tally({ rows, scores, targets }: EventBatch): void {
    if (scores === null) return;
    const { classes } = this.#run.embedder.config;
    const matrix = { rows, columns: classes.length, data: scores };
    for (const [row, target] of targets.entries()) {
      if (target === null) continue;
      this.labelled++;
      if (classes[predictedOf(matrix, row)] === target) this.correct++;
    }
  }
}

/** The taps in order. The first one is the embedding; an embedder has at least one. */
function tapsInOrder(taps: EmbeddedBatch['taps']): [[string, TapOutput], ...[string, TapOutput][]] {
  return [...taps] as [[string, TapOutput], ...[string, TapOutput][]];
}
