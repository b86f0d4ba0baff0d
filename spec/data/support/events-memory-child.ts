/** Run by events-memory.spec: `write FILE ROWS` or `read FILE ROWS`; prints the peak resident memory in MB. */
import { openEvents, openEventWriter } from '../../../data/index.js';
import { peakMegabytes } from '../../support/peak-memory.js';
import { plainSchema } from './event-tables.js';

const DIMENSIONS = 16;
const BATCH = 500;
const [action, path = '', rows = '0'] = process.argv.slice(2);
const schema = { ...plainSchema, dimensions: DIMENSIONS };

function batch(first: number) {
  const column = <T>(make: (row: number) => T) => Array.from({ length: BATCH }, (_, row) => make(first + row));
  return {
    rows: BATCH,
    embeddings: Float32Array.from({ length: BATCH * DIMENSIONS }, (_, i) => Math.sin(first * DIMENSIONS + i)),
    scores: Float32Array.from({ length: BATCH * 2 }, (_, i) => (i % 2 ? 0.25 : 0.75)),
    targets: column((row) => (row % 2 ? 'plane' : 'car')),
    imageUrls: column((row) => `production_1/${row}.png`),
    timestamps: column((row) => 1762500000000 + row),
    eventIds: column((row) => row.toString(16).padStart(32, '0')),
    statistics: new Map(),
    extraTaps: new Map(),
  };
}

if (action === 'write') {
  const writer = await openEventWriter(path, schema);
  for (let first = 0; first < Number(rows); first += BATCH) await writer.write(batch(first));
  await writer.commit();
} else {
  const source = await openEvents(path);
  let row = 0;
  for await (const { rows: count, embeddings, eventIds } of source.batches()) {
    const last = embeddings[embeddings.length - 1];
    row += count;
    if (last !== Math.fround(Math.sin(row * DIMENSIONS - 1)) || eventIds[0]?.length !== 32) {
      throw new Error(`wrong before row ${row}`);
    }
  }
  await source.close();
  if (row !== Number(rows)) throw new Error(`${row} rows, not ${rows}`);
}

process.stdout.write(String(Math.round(peakMegabytes())));
