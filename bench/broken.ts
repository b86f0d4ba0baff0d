/**
 * Whether more broken images ever make the verdict quieter: windows of 500 images, of which a share is black, white,
 * one frozen image, five images that repeat, or one image with a camera's noise. Each of 50 chains has ten shares, and
 * an image broken at one share is broken at the next. Half of the chains break images anywhere, half in one piece; half
 * have scores and statistics, half embeddings alone. Baseline and window come from one pool. A step is quieter if only
 * the smaller share is drift. Needs the shared data.
 *
 *     npm run bench -- broken [FOLDER that keeps weights and embeddings]
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../base/index.js';
import { imageLooks, openImages, type PixelBatch } from '../data/index.js';
import { type DriftBatch, driftReport, fitProfile, takeRows, withRelativeStatistics } from '../drift/index.js';
import type { Embedder } from '../engine/index.js';
import { temporaryFolder } from '../spec/support/places.js';
import { CLASSES } from './populations.js';
import { writeResults } from './results.js';
import { CIFAR, embedded, embedderOf, kept, SIDE, StatisticsOf, shared, summaryOf } from './rows.js';

// The images: clean ones of two sets, and black, white and noisy ones, embedded by the same networks.

interface BrokenSet {
  name: string;
  rows: DriftBatch;
  /** Rows that are clean; the others follow: a black image, a white one, and frames of one image with noise. */
  clean: number;
}

const NOISY = 1_000;
/** Levels of 255, about those of a camera in good light. */
const NOISE = 2;
const BATCH = 100;

const SOURCES = [
  {
    name: 'CIFAR-10',
    weights: CIFAR,
    files: ['reference', 'production_1'].map((tranche) => join('cifar', tranche, 'image_data.npz')),
  },
  {
    name: 'Fashion-MNIST',
    weights: 'resnet18_fashion_epoch4.pth',
    files: ['train', 'test'].map((name) => join('fashion', `${name}.npz`)),
  },
];

/** @param folder keeps weights and embeddings for the next run */
async function brokenSets(folder: string): Promise<BrokenSet[]> {
  mkdirSync(folder, { recursive: true });
  const sets: BrokenSet[] = [];
  for (const { name, weights, files } of SOURCES) {
    const rows = await kept(join(folder, `${name}.bin`), async () => {
      const embedder = await embedderOf(weights, join(folder, name));
      const made = await rowsOf(embedder, withBroken(await pixelsOf(files)));
      await embedder.close();
      return made;
    });
    sets.push({ name, clean: rows.embeddings.rows - 2 - NOISY, rows });
  }
  return sets;
}

const IMAGE_VALUES = SIDE * SIDE * 3;

async function pixelsOf(files: readonly string[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const file of files) {
    const set = await openImages(join(shared(), file));
    for await (const { data } of set.batches(BATCH)) parts.push(data.slice());
    await set.close();
  }
  return new Uint8Array(Buffer.concat(parts));
}

function withBroken(clean: Uint8Array): Uint8Array {
  const random = Random.stream(1, 0);
  const all = new Uint8Array(clean.length + (2 + NOISY) * IMAGE_VALUES);
  all.set(clean);
  all.fill(255, clean.length + IMAGE_VALUES, clean.length + 2 * IMAGE_VALUES);
  const from = clean.length + 2 * IMAGE_VALUES;
  for (let i = from; i < all.length; i++) {
    const level = clean[(i - from) % IMAGE_VALUES]! + NOISE * random.normal();
    all[i] = Math.min(255, Math.max(0, Math.round(level)));
  }
  return all;
}

async function rowsOf(embedder: Embedder, pixels: Uint8Array): Promise<DriftBatch> {
  const [statistics, dark, bright] = [new StatisticsOf(), [] as number[], [] as number[]];
  async function* batches() {
    for (let from = 0; from < pixels.length; from += BATCH * IMAGE_VALUES) {
      const data = pixels.subarray(from, from + BATCH * IMAGE_VALUES);
      const batch: PixelBatch = { rows: data.length / IMAGE_VALUES, width: SIDE, height: SIDE, data };
      statistics.add(batch);
      for (const look of imageLooks(batch)) {
        dark.push(look.dark);
        bright.push(look.bright);
      }
      yield { ...batch, firstRow: from / IMAGE_VALUES };
    }
  }
  return {
    ...(await embedded(embedder, batches())),
    statistics: withRelativeStatistics(Object.fromEntries(statistics.columns)),
    images: { bytes: null, looks: null, grids: null, dark, bright, blurred: null, width: null, height: null },
  };
}

const SHARES = [0.01, 0.03, 0.05, 0.1, 0.15, 0.2, 0.25, 0.4, 0.7, 1];
const SIZES = [50, 200, 600, 2_000, 5_000];
/** There are so many noisy frames. */
const NOISY_SIZES = [50, 100, 200, 600, 1_000];
const KINDS = ['black', 'white', 'frozen', 'repeated', 'noisy'] as const;
const BASELINE = 2_500;
const REPEATED = 5;
const SEED = 1;

type Kind = (typeof KINDS)[number];

interface Chain {
  set: BrokenSet;
  kind: Kind;
  rows: number;
  isOnePiece: boolean;
  isBare: boolean;
  seed: number;
}

function chainsOf(sets: readonly BrokenSet[]): Chain[] {
  const all = sets.flatMap((set) =>
    KINDS.flatMap((kind) => (kind === 'noisy' ? NOISY_SIZES : SIZES).map((rows) => ({ set, kind, rows }))),
  );
  return all.map((chain, i) => ({ ...chain, isOnePiece: i % 2 === 1, isBare: (i >> 1) % 2 === 1, seed: i }));
}

function measure({ set, kind, rows, isOnePiece, isBare, seed }: Chain) {
  const random = Random.stream(SEED, seed);
  const order = random.shuffle(Uint32Array.from({ length: set.clean }, (_, row) => row));
  const baseline = batchOf(set.rows, [...order.slice(0, BASELINE)], isBare);
  const window = [...order.slice(BASELINE, BASELINE + rows)];
  const profile = fitProfile(baseline, { classes: isBare ? [] : CLASSES }, { seed });
  const start = random.below(rows);
  const places = isOnePiece
    ? Array.from(window, (_, i) => (start + i) % rows)
    : [...random.shuffle(Uint32Array.from(window, (_, i) => i))];
  const brokenRow = brokenRows(set, kind, window);
  let isDrift = false;
  return SHARES.map((share) => {
    const broken = Math.max(1, Math.round(share * rows));
    const now = window.slice();
    for (const [i, place] of places.slice(0, broken).entries()) now[place] = brokenRow(i);
    const summary = summaryOf(profile, batchOf(set.rows, now, isBare));
    const report = driftReport(profile, [{ name: 'window', summary }]).windows[0]!;
    const isQuieter = isDrift && report.verdict !== 'drift';
    isDrift = report.verdict === 'drift';
    return {
      ...{ set: set.name, kind, rows, placed: isOnePiece ? 'in one piece' : 'anywhere' },
      columns: isBare ? 'embeddings' : 'all',
      share: broken / rows,
      verdict: report.verdict ?? '',
      alarmed_by: report.alarmed_by ?? '',
      p: report.p === null ? '' : Number(report.p.toPrecision(3)),
      effective_rows: Math.round(report.effective_rows),
      accuracy_estimated: Number(report.estimated_accuracy !== null),
      quieter: Number(isQuieter),
    };
  });
}

/** The rows that take the place of others, one after another. */
function brokenRows({ clean }: BrokenSet, kind: Kind, window: readonly number[]): (i: number) => number {
  if (kind === 'black') return () => clean;
  if (kind === 'white') return () => clean + 1;
  if (kind === 'noisy') return (i) => clean + 2 + (i % NOISY);
  const copies = window.slice(0, kind === 'frozen' ? 1 : REPEATED);
  return (i) => copies[i % copies.length]!;
}

function batchOf(rows: DriftBatch, chosen: readonly number[], isBare: boolean): DriftBatch {
  const taken = takeRows(rows, chosen);
  return isBare ? { embeddings: taken.embeddings } : { ...taken, rowNumbers: null };
}

const sets = await brokenSets(process.argv[2] ?? temporaryFolder());
const found = chainsOf(sets).flatMap((chain, i, { length }) => {
  const rows = measure(chain);
  const verdicts = rows.map(({ verdict }) => verdict[0]).join('');
  process.stderr.write(`${i + 1} of ${length}: ${chain.set.name}, ${chain.kind}, ${chain.rows} rows: ${verdicts}\n`);
  return rows;
});
const many = found.filter(({ share }) => share > 0.2);
const few = found.filter(({ share }) => share <= 0.2);
const quieter = (rows: typeof found) => rows.filter((row) => row.quieter === 1).length;
const noDrift = many.filter(({ verdict }) => verdict !== 'drift').length;
console.log(`above 20 %: ${quieter(many)} of ${many.length} steps are quieter, ${noDrift} windows are no drift`);
console.log(`accuracy is estimated in ${many.filter((row) => row.accuracy_estimated === 1).length} of them`);
console.log(`below: ${quieter(few)} of ${few.length} steps are quieter`);
console.log(`written to ${await writeResults('broken.csv', found)}`);
