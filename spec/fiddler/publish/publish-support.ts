/** Events and models to publish, made here: 128-d embeddings of the quickstart's ten classes. */
import { join } from 'node:path';
import { Random } from '../../../base/index.js';
import { type EventBatch, type EventTableSchema, eventId, openEventWriter } from '../../../data/index.js';
import type { Model } from '../../../fiddler/client/index.js';

export const CLASSES = ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
export const NOW = Date.UTC(2026, 10, 25, 12);
const WEIGHTS = 'ab'.repeat(32);

export interface EventOptions {
  dimensions?: number;
  /** Time of each row; none by default. */
  timestamp?: (row: number) => number | null;
  eventId?: ((row: number) => string | null) | null;
  weights?: string;
  target?: (row: number) => string | null;
  seed?: number;
}

export function eventSchema(options: EventOptions = {}): EventTableSchema {
  return {
    ...{
      dimensions: options.dimensions ?? 8,
      classes: CLASSES,
      tap: 'fc.0',
      weightsSha256: options.weights ?? WEIGHTS,
    },
    ...{ hasTargets: true, hasImageUrls: true, hasTimestamps: options.timestamp !== undefined },
    ...{ hasEventIds: options.eventId !== null, statistics: [], images: null, extraTaps: new Map() },
  };
}

export function eventBatch(name: string, rows: number, options: EventOptions = {}): EventBatch {
  const { dimensions, classes } = eventSchema(options);
  const random = Random.stream(options.seed ?? 0, name.length);
  const own = options.eventId ?? ((row: number) => eventId(name, row, WEIGHTS));
  return {
    rows,
    embeddings: Float32Array.from({ length: rows * dimensions }, () => random.normal()),
    scores: Float32Array.from({ length: rows * classes.length }, () => random.uniform() / classes.length),
    targets: Array.from({ length: rows }, (_, i) => (options.target ?? ((row) => CLASSES[row % 10] as string))(i)),
    imageUrls: Array.from({ length: rows }, (_, i) => `${name}/${i}.png`),
    timestamps: Array.from({ length: rows }, (_, i) => options.timestamp?.(i) ?? null),
    eventIds: Array.from({ length: rows }, (_, i) => (options.eventId === null ? null : own(i))),
    statistics: new Map(),
    extraTaps: new Map(),
  };
}

/** @returns the path */
export async function writeEvents(folder: string, name: string, rows: number, options: EventOptions = {}) {
  const path = join(folder, name.includes('.') ? name : `${name}.parquet`);
  const writer = await openEventWriter(path, eventSchema(options));
  await writer.write(eventBatch(name, rows, options));
  await writer.commit();
  return path;
}

/** As onboard makes it. */
export function modelOf(options: { dimensions?: number; classes?: string[]; eventIdColumn?: string | null } = {}) {
  const classes = options.classes ?? CLASSES;
  const column = (name: string, data_type: string, n_dimensions: number | null = null) => {
    return { name, data_type, n_dimensions };
  };
  return {
    id: '7a5b0c2e-0000-4000-8000-000000000001',
    name: 'resnet18',
    version: 'v1',
    schema: {
      schema_version: 1,
      columns: [
        column('embeddings', 'vector', options.dimensions ?? 8),
        ...classes.map((name) => column(name, 'float')),
        column('target', 'category'),
        column('image_url', 'str'),
        column('timestamp', 'timestamp'),
        column('event_id', 'str'),
      ],
    },
    spec: {
      ...{ schema_version: 1, inputs: ['embeddings'], outputs: classes, targets: ['target'], decisions: [] },
      metadata: ['image_url', 'event_id'],
      custom_features: [
        { name: 'image_feature', type: 'FROM_IMAGE_EMBEDDING', column: 'embeddings', source_column: 'image_url' },
      ],
    },
    input_type: 'structured',
    task: 'multiclass_classification',
    task_params: { target_class_order: classes },
    event_id_col: options.eventIdColumn === undefined ? 'event_id' : options.eventIdColumn,
    event_ts_col: 'timestamp',
  } as unknown as Model;
}
