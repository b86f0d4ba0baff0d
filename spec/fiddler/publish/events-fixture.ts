/** Events made here: vectors around a few centres, softmax scores, labels; the same at every run. */
import { Random } from '../../../base/index.js';
import type { EventBatch, EventTableSchema } from '../../../data/index.js';
import { writeEvents as writeTable } from '../../data/support/event-tables.js';

export const CLASSES = ['plane', 'car', 'bird'];

export function tableSchema(known: Partial<EventTableSchema> = {}): EventTableSchema {
  return {
    ...{ dimensions: 6, classes: CLASSES, tap: 'fc.0', weightsSha256: 'a'.repeat(64) },
    ...{ hasTargets: true, hasImageUrls: true, hasTimestamps: false, hasEventIds: true },
    ...{ statistics: [], images: null, extraTaps: new Map() },
    ...known,
  };
}

export interface MadeRows {
  rows: number;
  seed: number;
  /** Added to every value: the drift. */
  shift?: number;
  /** Milliseconds since 1970, by row. */
  time?: (row: number) => number;
}

export function madeBatch(
  { dimensions, classes }: EventTableSchema,
  { rows, seed, shift = 0, time }: MadeRows,
): EventBatch {
  const random = new Random(seed);
  const embeddings = new Float32Array(rows * dimensions);
  const scores = new Float32Array(rows * classes.length);
  const targets: string[] = [];
  for (let row = 0; row < rows; row++) {
    const label = random.below(Math.max(1, classes.length));
    for (let i = 0; i < dimensions; i++) {
      embeddings[row * dimensions + i] = (i === label ? 4 : 0) + random.normal() + (i === 0 ? shift : 0);
    }
    const confidence = 0.5 + 0.49 * random.uniform();
    for (let c = 0; c < classes.length; c++) {
      scores[row * classes.length + c] = c === label ? confidence : (1 - confidence) / (classes.length - 1);
    }
    targets.push(classes[label] ?? 'none');
  }
  const numbers = Array.from({ length: rows }, (_, row) => row);
  return {
    rows,
    embeddings,
    scores: classes.length > 0 ? scores : null,
    targets,
    imageUrls: numbers.map((row) => `https://images.example/${seed}/${row}.png`),
    timestamps: numbers.map((row) => time?.(row) ?? null),
    eventIds: numbers.map((row) => `${seed.toString(16).padStart(8, '0')}${row.toString(16).padStart(24, '0')}`),
    statistics: new Map(),
    extraTaps: new Map(),
  };
}

export async function writeEvents(
  path: string,
  made: MadeRows,
  known: Partial<EventTableSchema> = {},
): Promise<string> {
  const schema = tableSchema({ hasTimestamps: made.time !== undefined, ...known });
  await writeTable(path, schema, [madeBatch(schema, made)]);
  return path;
}
