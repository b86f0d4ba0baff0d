/** Events and models to publish, made here: 128-d embeddings of the quickstart's ten classes. */
import { join } from 'node:path';
import { Random } from '../../../base/index.js';
import { type EventBatch, eventId } from '../../../data/index.js';
import type { Model } from '../../../fiddler/client/index.js';
import { writeEvents as writeTable } from '../../data/support/event-tables.js';
import { tableSchema } from './events-fixture.js';

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

/** @returns the path */
export async function writeEvents(folder: string, name: string, rows: number, options: EventOptions = {}) {
  const { dimensions = 8, timestamp, eventId: own, weights = WEIGHTS } = options;
  const has = { hasTimestamps: timestamp !== undefined, hasEventIds: own !== null };
  const schema = tableSchema({ dimensions, classes: CLASSES, weightsSha256: weights, ...has });
  const path = join(folder, name.includes('.') ? name : `${name}.parquet`);
  await writeTable(path, schema, [eventBatch(name, rows, dimensions, options)]);
  return path;
}

function eventBatch(name: string, rows: number, dimensions: number, options: EventOptions): EventBatch {
  const random = Random.stream(options.seed ?? 0, name.length);
  const { timestamp = () => null, target = (row) => CLASSES[row % 10] as string } = options;
  const { eventId: own = (row) => eventId(name, row, WEIGHTS) } = options;
  const column = <T>(of: (row: number) => T) => Array.from({ length: rows }, (_, row) => of(row));
  return {
    rows,
    embeddings: Float32Array.from({ length: rows * dimensions }, () => random.normal()),
    scores: Float32Array.from({ length: rows * CLASSES.length }, () => random.uniform() / CLASSES.length),
    targets: column(target),
    imageUrls: column((row) => `${name}/${row}.png`),
    timestamps: column(timestamp),
    eventIds: column((row) => own?.(row) ?? null),
    statistics: new Map(),
    extraTaps: new Map(),
  };
}

interface ModelOptions {
  dimensions?: number;
  classes?: string[];
  eventIdColumn?: string | null;
}

/** As onboard makes it. */
export function modelOf({ dimensions = 8, classes = CLASSES, eventIdColumn = 'event_id' }: ModelOptions = {}) {
  const others = { target: 'category', image_url: 'str', timestamp: 'timestamp', event_id: 'str' };
  const types = { embeddings: 'vector', ...Object.fromEntries(classes.map((name) => [name, 'float'])), ...others };
  const columns = Object.entries(types).map(([name, data_type]) => {
    return { name, data_type, n_dimensions: data_type === 'vector' ? dimensions : null };
  });
  return {
    ...{ id: '7a5b0c2e-0000-4000-8000-000000000001', name: 'resnet18', version: 'v1' },
    schema: { schema_version: 1, columns },
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
    event_id_col: eventIdColumn,
    event_ts_col: 'timestamp',
  } as unknown as Model;
}
