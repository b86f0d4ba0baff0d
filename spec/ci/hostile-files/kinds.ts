/** Every kind of file that a command reads: fixtures to damage, how it is read here, and by which peer it can be read. */
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { flagsOf } from '../../../cli/command.js';
import { COMMANDS } from '../../../cli/commands.js';
import { settingsFor } from '../../../cli/settings.js';
import { readCheckpoint } from '../../../convert/index.js';
import { NpzFile, openEvents, openEventWriter, openImages } from '../../../data/index.js';
import { readCentroids } from '../../../fiddler/publish/index.js';
import { parseJournal } from '../../../fiddler/publish/journal/read.js';
import { readSmallFile } from '../../../files/index.js';
import { readDrill, readProfile } from '../../../pipeline/index.js';
import { type ModelConfig, readWeights, writeWeights } from '../../../weights/index.js';
import { pixels, writeNpz } from '../../support/npz-file.js';
import { fixtures } from '../../support/places.js';
import { type Digest, ofFloat32, ofFloat64, ofTexts } from './digest.js';

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
  const good = (...names: string[]) => names.map((name) => join(fixtures, 'convert', 'good', name));
  const foreign = (...names: string[]) => names.map((name) => join(fixtures, 'data', 'events', name));
  const hostile = (...names: string[]) => names.map((name) => join(fixtures, 'hostile', name));
  const data = (...names: string[]) => names.map((name) => join(fixtures, 'data', name));
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
    kind(
      'events, parquet',
      [events.parquet, ...foreign('pandas.parquet', 'polars.parquet', 'duckdb.parquet')],
      table,
      'parquet',
    ),
    kind('events, csv', [events.csv, ...foreign('pandas.csv')], table, 'csv'),
    kind('events, jsonl', [events.jsonl, ...foreign('pandas.jsonl')], table, 'jsonl'),
    kind('events, npz', [events.npz, ...foreign('numpy.npz')], table, 'npz events'),
    kind('profile', hostile('shard_dup_1.json', 'profile_esc.json'), profile, 'profile'),
    kind('drill', [drillFile(folder)], async (path) => ({ all: JSON.stringify(await readDrill(path)) }), null),
    kind('centroids', [centroidsFile(folder)], centroids, 'centroids'),
    kind('journal', [journalFile(folder)], journal, null),
    kind('config', [configFile(folder)], config, null),
  ];
}

function kind(name: string, files: readonly string[], read: Kind['read'], peer: string | null): Kind {
  return { name, files, read, peer, place: placeBeside };
}

function placeBeside(file: string, bytes: Uint8Array, folder: string): string {
  const path = join(folder, basename(file));
  writeFileSync(path, bytes);
  return path;
}

async function checkpoint(path: string): Promise<Digest> {
  const { tensors } = await readCheckpoint(path);
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
  const text = (await readSmallFile(path, 2 ** 26)).toString('utf8');
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
    async read(path) {
      const { tensors } = await readWeights(path);
      return Object.fromEntries([...tensors].map(([name, { shape, data }]) => [name, ofFloat32(shape, data)]));
    },
    seals: (file) => !file.endsWith('.json'),
  };
}

async function weightsFolder(folder: string): Promise<string> {
  const path = join(folder, 'weights');
  const tensor = (shape: number[]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    return { shape, data: Float32Array.from({ length: count }, (_, i) => Math.sin(i + count)) };
  };
  const config = {
    backbone: 'resnet18',
    head: [],
    classes: ['a', 'b'],
    preprocessing: { size: null, resize: null, crop: null, mean: [0, 0, 0], std: [1, 1, 1] },
    tap: 'avgpool',
    provenance: { source: 'x.pth', sha256: '0'.repeat(64), converter: 'spec' },
  } satisfies ModelConfig;
  await writeWeights(path, {
    config,
    tensors: new Map([
      ['conv1.weight', tensor([4, 3, 3, 3])],
      ['fc.bias', tensor([7])],
    ]),
  });
  return path;
}

function imagesFile(folder: string): string {
  const path = join(folder, 'images.npz');
  const labels = { descr: '<i8', shape: [5], values: BigInt64Array.from([0n, 1n, 2n, 1n, 0n]) } as const;
  writeNpz(path, { arr_0: { descr: '|u1', shape: [5, 8, 8, 3], values: pixels(5, 8) }, arr_1: labels });
  return path;
}

/** The same forty events in the four formats, as they are written here. */
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

function drillFile(folder: string): string {
  const shares = [
    [0.1, 0.9],
    [0.2, 1],
  ];
  const table = {
    images: 100,
    alpha: 0.05,
    seed: 0,
    levels: [1, 2],
    window_sizes: [50, 100],
    windows: [40, 40],
    clean: { accuracy: 0.9, alarms: { js: [0.05, 0.025] } },
    corruptions: [
      {
        name: 'blur',
        summary: 'out of focus',
        unit: 'px',
        strengths: [1, 2],
        accuracy: [0.8, 0.5],
        alarms: { js: shares },
        seen_from: { js: [2, 1] },
      },
    ],
  };
  return written(folder, 'drill.json', JSON.stringify(table, null, 1));
}

function centroidsFile(folder: string): string {
  const rows = Array.from({ length: 5 }, (_, i) => [Math.sin(i), Math.cos(i), i / 7]);
  const about = { format: 'image-drift/centroids', version: 1, project: 'p', model: 'm', feature: 'embedding' };
  return written(folder, 'centroids.json', JSON.stringify({ ...about, centroids: rows }, null, 1));
}

function journalFile(folder: string): string {
  const header = {
    journal: 'image-drift publish',
    version: 1,
    server: 'https://acme.fiddler.ai',
    organization: null,
    model: { id: 'a', name: 'm', version: 'v1' },
    environment: { type: 'PRODUCTION', name: null },
    files: [{ path: 'e.parquet', sha256: '0'.repeat(64), bytes: 1000 }],
    timestamps: { from: 'column' },
    plan: '1'.repeat(64),
    chunks: 2,
    rows: 100,
    look_first: false,
    at: '2026-11-26T00:00:00Z',
  };
  const records = [
    { chunk: 0, at: '', state: 'uploaded', file_id: 'f', rows: 50 },
    { chunk: 0, at: '', state: 'sending' },
    { chunk: 0, at: '', state: 'accepted', job_id: 'j' },
    { chunk: 0, at: '', state: 'done', rows: 50 },
  ];
  return written(folder, 'journal.jsonl', `${[header, ...records].map((line) => JSON.stringify(line)).join('\n')}\n`);
}

function configFile(folder: string): string {
  return written(
    folder,
    'config.json',
    JSON.stringify({ threads: 2, embed: { batch: 8, backend: 'simd' }, drift: { alpha: 0.1 } }),
  );
}

function written(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
