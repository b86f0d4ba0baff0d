/** Gathers chosen rows of a table's batches into one batch, the rows of a chunk. */
import type { CarriedValue, EventBatch, EventTableSchema } from '../../../data/index.js';

type Collected = Pick<EventTableSchema, 'dimensions' | 'classes' | 'statistics' | 'carried'>;

export class RowCollector {
  readonly #embeddings: Float32Array;
  readonly #scores: Float32Array | null;
  readonly #targets: (string | null)[] = [];
  readonly #imageUrls: (string | null)[] = [];
  readonly #timestamps: (number | null)[] = [];
  readonly #eventIds: string[] = [];
  readonly #statistics: Map<string, Float32Array>;
  readonly #carried: Map<string, CarriedValue[]>;
  rows = 0;

  readonly #schema: Collected;

  constructor(schema: Collected, capacity: number) {
    this.#schema = schema;

    this.#embeddings = new Float32Array(capacity * schema.dimensions);
    this.#scores = schema.classes.length > 0 ? new Float32Array(capacity * schema.classes.length) : null;
    this.#statistics = new Map(schema.statistics.map((name) => [name, new Float32Array(capacity)]));
    this.#carried = new Map((schema.carried ?? []).map(({ name }) => [name, []]));
  }

  add(batch: EventBatch, row: number, identity: { eventId: string; timestamp: number | null }): void {
    const { dimensions, classes } = this.#schema;
    this.#embeddings.set(batch.embeddings.subarray(row * dimensions, (row + 1) * dimensions), this.rows * dimensions);
    if (this.#scores !== null && batch.scores !== null) {
      const width = classes.length;
      this.#scores.set(batch.scores.subarray(row * width, (row + 1) * width), this.rows * width);
    }
    this.#targets.push(batch.targets[row] ?? null);
    this.#imageUrls.push(batch.imageUrls[row] ?? null);
    this.#timestamps.push(identity.timestamp);
    this.#eventIds.push(identity.eventId);
    for (const [name, values] of this.#statistics) values[this.rows] = batch.statistics.get(name)?.[row] ?? Number.NaN;
    for (const [name, values] of this.#carried) values.push(batch.carried?.get(name)?.[row] ?? null);
    this.rows++;
  }

  /** What was gathered; nothing may be added afterwards. */
  batch(): EventBatch {
    const { dimensions, classes } = this.#schema;
    return {
      rows: this.rows,
      embeddings: this.#embeddings.subarray(0, this.rows * dimensions),
      scores: this.#scores?.subarray(0, this.rows * classes.length) ?? null,
      targets: this.#targets,
      imageUrls: this.#imageUrls,
      timestamps: this.#timestamps,
      eventIds: this.#eventIds,
      statistics: new Map([...this.#statistics].map(([name, values]) => [name, values.subarray(0, this.rows)])),
      extraTaps: new Map(),
      carried: this.#carried,
    };
  }
}

/** The rows of a batch whose ids are in `wanted`. */
export function rowsWithIds(schema: Collected, batch: EventBatch, wanted: ReadonlySet<string>): EventBatch {
  const rows = new RowCollector(schema, wanted.size);
  for (let row = 0; row < batch.rows; row++) {
    const eventId = batch.eventIds[row] as string;
    if (wanted.has(eventId)) rows.add(batch, row, { eventId, timestamp: batch.timestamps[row] ?? null });
  }
  return rows.batch();
}
