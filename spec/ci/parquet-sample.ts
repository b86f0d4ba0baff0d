/** Any float32, text and nulls, for `check_parquet.py`: `node dist/spec/ci/parquet-sample.js FOLDER`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { eventId, statisticColumn } from '../../data/index.js';
import { joined, plainSchema, randomBatch, writeEvents } from '../data/support/event-tables.js';

const folder = process.argv[2] ?? '.';
const schema = {
  ...plainSchema,
  dimensions: 16,
  classes: ['plane', 'car, "red"', 'ü'],
  statistics: ['brightness', 'noise'],
};
const random = new Random(20);
const batches = Array.from({ length: 12 }, (_, batch) => ({
  ...randomBatch(schema, 1_000, random),
  // These texts are written as `embed` writes its own: plain, without nulls.
  eventIds: Array.from({ length: 1_000 }, (_, row) => eventId('sample', 1_000 * batch + row, '')),
}));
await writeEvents(join(folder, 'sample.parquet'), schema, batches);

const events = joined(batches);
const matrix = (values: Float32Array, width: number) =>
  Array.from({ length: events.rows }, (_, row) => Array.from(values.subarray(row * width, (row + 1) * width)));
const scores = matrix(events.scores, schema.classes.length);
const nulled = (values: Float32Array) => Array.from(values, (value) => (Number.isNaN(value) ? null : value));
const expected = {
  columns: [
    'embeddings',
    ...schema.classes,
    'target',
    'image_url',
    'timestamp',
    'event_id',
    ...schema.statistics.map(statisticColumn),
  ],
  rows: events.rows,
  metadata: {
    version: 1,
    tap: schema.tap,
    weights_sha256: schema.weightsSha256,
    classes: schema.classes,
    dimensions: 16,
  },
  values: {
    embeddings: matrix(events.embeddings, schema.dimensions),
    ...Object.fromEntries(schema.classes.map((name, column) => [name, scores.map((row) => row[column])])),
    target: events.targets,
    image_url: events.imageUrls,
    timestamp: events.timestamps,
    event_id: events.eventIds,
    ...Object.fromEntries([...events.statistics].map(([name, values]) => [statisticColumn(name), nulled(values)])),
  },
};
writeFileSync(join(folder, 'sample.json'), JSON.stringify(expected));
