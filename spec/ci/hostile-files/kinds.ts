/** Every kind of file that a command reads: fixtures to damage, how it is read here, and by which peer it can be read. */
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { flagsOf } from '../../../cli/command.js';
import { COMMANDS } from '../../../cli/commands.js';
import { settingsFor } from '../../../cli/settings.js';
import { readCheckpoint } from '../../../convert/index.js';
import { NpzFile, openEvents, openEventWriter, openImages } from '../../../data/index.js';
import { readCentroids } from '../../../fiddler/publish/index.js';
import { parseJournal } from '../../../fiddler/publish/journal/read.js';
import { readSmallText } from '../../../files/index.js';
import { readDrill, readProfile } from '../../../pipeline/index.js';
import { readWeights, type Tensor, writeWeights } from '../../../weights/index.js';
import { pixels, writeNpz } from '../../support/npz-file.js';
import { fixtures } from '../../support/places.js';
import { narrowBody, pseudoWeights } from '../../support/pseudo-weights.js';

/** Values by the name of an array, a column or a part, as texts: the shape, and a hash of the numbers. */
export type Digest = Record<string, string>;

export interface Kind {
  name: string;
  /** Files to damage, up to 100 kB each. */
  files: readonly string[];
  /** Puts a mutant of `file` where it is read from. */
  place(file: string, bytes: Uint8Array, folder: string): string;
  read(path: string): Promise<Digest>;
  /** How `peer.py` reads it; null where nobody else knows the format. */
  peer: string | null;
  /** Whether a checksum outside of `file` covers it: then an accepted mutant has the original's values. */
  seals?(file: string): boolean;
}

/** Makes what is not among the fixtures. @param folder for the files made */
export async function allKinds(folder: string): Promise<Kind[]> {
  const events = await eventFiles(folder);
  const from =
    (...place: string[]) =>
    (...names: string[]) =>
      names.map((name) => join(fixtures, ...place, name));
  const [good, foreign, hostile] = [from('convert', 'good'), from('data', 'events'), from('hostile')];
  const [data, whole] = [from('data'), from('whole')];
  return [
    kind('checkpoint, zip', good('bare.pth', 'training.pth', 'views.pth', 'float16.pth'), checkpoint, 'torch'),
    kind('checkpoint, legacy', good('bare_legacy.pth', 'views_legacy.pth'), checkpoint, 'torch'),
    kind(
      'safetensors',
      [...good('bare_safetensors.safetensors', 'mixed_safetensors.safetensors'), ...hostile('st_7b20.safetensors')],
      checkpoint,
      'safetensors',
    ),
    weightsKind(await weightsFolder(folder)),
    kind('arrays', data('arrays.npz', 'arrays_deflated.npz', 'labels.npy'), arrays, 'numpy'),
    kind('images', [imagesFile(folder)], images, null),
    tables('parquet', [events.parquet, ...foreign('pandas.parquet', 'polars.parquet', 'duckdb.parquet')]),
    tables('csv', [events.csv, ...foreign('pandas.csv')]),
    tables('jsonl', [events.jsonl, ...foreign('pandas.jsonl')]),
    tables('npz', [events.npz, ...foreign('numpy.npz')], 'npz events'),
    kind('profile', hostile('shard_dup_1.json', 'profile_esc.json'), profile, 'profile'),
    kind('drill', whole('drill.json'), async (path) => ({ all: JSON.stringify(await readDrill(path)) }), null),
    kind('centroids', whole('centroids.json'), centroids, 'centroids'),
    kind('journal', whole('journal.jsonl'), journal, null),
    kind('config', whole('config.json'), config, null),
  ];
}

function kind(name: string, files: readonly string[], read: Kind['read'], peer: string | null): Kind {
  return { name, files, read, peer, place: placeBeside };
}

function tables(format: string, files: readonly string[], peer = format): Kind {
  return kind(`events, ${format}`, files, table, peer);
}

function placeBeside(file: string, bytes: Uint8Array, folder: string): string {
  const path = join(folder, basename(file));
  writeFileSync(path, bytes);
  return path;
}

async function checkpoint(path: string): Promise<Digest> {
  return ofTensors((await readCheckpoint(path)).tensors);
}

function ofTensors(tensors: ReadonlyMap<string, Tensor>): Digest {
  return Object.fromEntries([...tensors].map(([name, { shape, data }]) => [name, ofFloat32(shape, data)]));
}

async function arrays(path: string): Promise<Digest> {
  const npz = await NpzFile.open(path);
  try {
    const digest: Digest = {};
    for (const name of npz.names) {
      const array = await npz.array(name);
      const parts: (number | bigint | string)[] = [];
      for await (const { values } of array.rows(64)) for (const value of values) parts.push(value);
      if (parts.every((part) => typeof part !== 'string')) {
        digest[name] = ofFloat64(array.header.shape, parts as (number | bigint)[]);
      }
    }
    return digest;
  } finally {
    await npz.close();
  }
}

async function images(path: string): Promise<Digest> {
  const set = await openImages(path);
  try {
    const bytes: number[] = [];
    for await (const { data } of set.batches(3)) bytes.push(...data);
    return { images: ofFloat64([bytes.length], bytes) };
  } finally {
    await set.close();
  }
}

async function table(path: string): Promise<Digest> {
  const events = await openEvents(path);
  try {
    const { dimensions, classes } = events.schema;
    const embeddings: number[] = [];
    const scores: number[] = [];
    const targets: (string | null)[] = [];
    let rows = 0;
    for await (const batch of events.batches()) {
      rows += batch.rows;
      embeddings.push(...batch.embeddings);
      if (batch.scores) scores.push(...batch.scores);
      targets.push(...batch.targets);
    }
    const digest: Digest = { embeddings: ofFloat32([rows, dimensions], embeddings) };
    for (const [at, name] of classes.entries()) {
      digest[`score ${name}`] = ofFloat32(
        [rows],
        scores.filter((_, i) => i % classes.length === at),
      );
    }
    if (events.schema.hasTargets) digest['target'] = ofTexts(targets);
    return digest;
  } finally {
    await events.close();
  }
}

async function profile(path: string): Promise<Digest> {
  const { centroids, counts, rows } = await readProfile(path);
  return {
    centroids: ofFloat64([centroids.rows, centroids.columns], centroids.data),
    counts: ofFloat64([counts.length], counts),
    rows: String(rows),
  };
}

async function centroids(path: string): Promise<Digest> {
  const { centroids: rows } = await readCentroids(path);
  return { centroids: ofFloat64([rows.length, rows[0]?.length ?? 0], rows.flat()) };
}

async function journal(path: string): Promise<Digest> {
  const text = await readSmallText(path, 2 ** 26);
  return { all: JSON.stringify(parseJournal(path, text)) };
}

async function config(path: string): Promise<Digest> {
  const flags = new Map(COMMANDS.map((command) => [command.usage.split(' ')[0] as string, flagsOf(command)]));
  const argv = process.argv;
  process.argv = [...argv.slice(0, 2), '--config', path];
  try {
    return { all: JSON.stringify(settingsFor('embed', flags).values) };
  } finally {
    process.argv = argv;
  }
}

/** Every file of the folder is damaged; the others beside it stay as they are. */
function weightsKind(weights: string): Kind {
  return {
    name: 'weights folder',
    files: readdirSync(weights).map((name) => join(weights, name)),
    peer: null,
    place(file, bytes, folder) {
      const copy = join(folder, 'weights');
      cpSync(weights, copy, { recursive: true });
      writeFileSync(join(copy, basename(file)), bytes);
      return copy;
    },
    read: async (path) => ofTensors((await readWeights(path)).tensors),
    seals: (file) => !file.endsWith('.json'),
  };
}

async function weightsFolder(folder: string): Promise<string> {
  const path = join(folder, 'weights');
  await writeWeights(path, pseudoWeights({ backbone: 'resnet', body: narrowBody, head: [], classes: 2 }));
  return path;
}

function imagesFile(folder: string): string {
  const path = join(folder, 'images.npz');
  const labels = { descr: '<i8', shape: [5], values: BigInt64Array.from([0n, 1n, 2n, 1n, 0n]) } as const;
  writeNpz(path, { arr_0: { descr: '|u1', shape: [5, 8, 8, 3], values: pixels(5, 8) }, arr_1: labels });
  return path;
}

async function eventFiles(folder: string): Promise<Record<'parquet' | 'csv' | 'jsonl' | 'npz', string>> {
  const source = join(folder, 'source.csv');
  const row = (i: number) =>
    `"[${Math.sin(i)}, ${Math.cos(i)}, ${i}]",${i / 40},${1 - i / 40},${i % 3 ? 'cat' : 'dög'}`;
  writeFileSync(source, `embeddings,cat,dög,target\n${Array.from({ length: 40 }, (_, i) => row(i)).join('\n')}\n`);
  const made = { parquet: '', csv: '', jsonl: '', npz: '' };
  for (const format of Object.keys(made) as (keyof typeof made)[]) {
    const events = await openEvents(source, { scores: ['cat', 'dög'] });
    made[format] = join(folder, `events.${format}`);
    const writer = await openEventWriter(made[format], events.schema);
    for await (const batch of events.batches()) await writer.write(batch);
    await writer.commit();
    await events.close();
  }
  return made;
}

/** As float32, little endian; every NaN is the same. */
function ofFloat32(shape: readonly number[], values: ArrayLike<number>): string {
  const copy = Float32Array.from(values, (value) => (Number.isNaN(value) ? Number.NaN : value));
  return `${shape.join('x')}:${hash(new Uint8Array(copy.buffer))}`;
}

/** As float64, little endian. */
function ofFloat64(shape: readonly number[], values: ArrayLike<number | bigint>): string {
  const copy = Float64Array.from(values, Number);
  return `${shape.join('x')}:${hash(new Uint8Array(copy.buffer))}`;
}

function ofTexts(values: readonly (string | null)[]): string {
  return `${values.length}:${hash(Buffer.from(values.map((value) => (value === null ? '-' : `+${value}`)).join('\0')))}`;
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}
