/**
 * What grows with a person's data where it need not: time of a search for repeated inputs, readings of a published file,
 * bytes of padded npz text written at once, files open at once.
 *
 *     node dist/bench/bounded.js [--tree FOLDER] [--label now]     # a tree with its own dist/, to compare with
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from '../spec/support/places.js';
import { machine } from './machine.js';
import { appendResults, flagsOf } from './results.js';

const flags = flagsOf({ tree: '.', label: 'now' });
const from = (path: string): Promise<unknown> => import(pathToFileURL(resolve(flags.tree, 'dist', path)).href);
const folder = temporaryFolder();
const rows: { size: number; what: string; value: number; unit: string }[] = [];

const data = (await from('data/index.js')) as typeof import('../data/index.js');
for (const size of [1_000, 10_000]) {
  const inputs = Array.from({ length: size }, (_, i) => `/photographs/of/the/camera/${i}.jpg`);
  const start = performance.now();
  await data.openListing([...inputs, inputs.at(-1)!]).catch(() => null);
  rows.push({ size, what: 'search for a repeated input', value: Math.round(performance.now() - start), unit: 'ms' });
}

const { confirmStored } = (await from(
  'fiddler/publish/send/lookup.js',
)) as typeof import('../fiddler/publish/send/lookup.js');
const path = join(folder, 'events.jsonl');
const [events, chunkRows] = [420_000, 20_000];
writeFileSync(path, Array.from({ length: events }, (_, i) => `{"event_id":"e${i}","embeddings":[0.5,1.5]}\n`).join(''));
const opened = await data.openEvents(path);
const { schema } = opened;
await opened.close();
let readings = 0;
const reading = () => {
  readings++;
  return {};
};
const file = Object.defineProperty({ path, sha256: '', bytes: 0, rows: events, schema }, 'reading', { get: reading });
const chunks = Array.from({ length: events / chunkRows }, (_, index) => {
  return { index, file: 0, day: null, firstRow: index * chunkRows, rows: chunkRows, times: null };
});
const place = {
  client: { environments: { byName: async () => null } },
  model: { id: 'm', event_id_col: 'event_id' },
  environment: { type: 'PRE_PRODUCTION', name: 'd' },
};
const context = {
  plan: { files: [file], chunks, timestamps: { from: 'file' }, isBaseline: false },
  ...{ place, journal: { doneAt: () => 0 }, reads: { next: async () => {} }, stop: { check() {} }, lagSeconds: 0 },
};
await confirmStored(context as never, chunks);
rows.push({ size: events, what: 'published file is read to confirm', value: readings, unit: 'times' });

const { AtomicFile } = (await from('files/index.js')) as typeof import('../files/index.js');
const { NpzOutput } = (await from('data/events/npz-output.js')) as typeof import('../data/events/npz-output.js');
const write = AtomicFile.prototype.write;
let largest = 0;
AtomicFile.prototype.write = function (chunk) {
  largest = Math.max(largest, chunk.byteLength);
  return write.call(this, chunk);
};
const npz = await NpzOutput.create(join(folder, 'long.npz'));
await npz.addTexts('image_urls');
await npz.appendTexts('image_urls', [...Array<string>(6_000).fill('photo.jpg'), 'p'.repeat(4_096)]);
await npz.finish();
await npz.discard();
rows.push({ size: 6_001, what: 'npz text written at once', value: largest, unit: 'bytes' });

const { DuplicateFinder } = (await from(
  'fiddler/publish/plan/duplicates.js',
)) as typeof import('../fiddler/publish/plan/duplicates.js');
const openFiles = () => readdirSync('/proc/self/fd').length;
const before = openFiles();
const finder = new DuplicateFinder(1_000);
for (let row = 0; row < 10_000; row++) await finder.add(`event ${row}`, 0, row);
rows.push({ size: 10_000, what: 'files open to find repeated ids', value: openFiles() - before, unit: 'files' });
await finder.close();

console.table(rows);
const { date, cpu, cores, node } = machine();
await appendResults(
  'bounded.csv',
  rows.map((row) => ({ date, cpu, cores, node, tree: flags.label, ...row })),
);
