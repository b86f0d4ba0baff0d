/** The windows of `bench/labels.ts`: what the network says of each image, and whether it is right. */
import { join } from 'node:path';
import { GRADED_CORRUPTION_NAMES, NpzFile, openImages } from '../data/index.js';
import { type DriftBatch, fitProfile, type LabelRow, LabelRows, type Matrix, type Profile } from '../drift/index.js';
import type { Embedder } from '../engine/index.js';
import { packageRoot } from '../spec/support/places.js';
import { type HeadRows, headScores, trainedHead } from './label-heads.js';
import { stacked } from './populations.js';
import { CONDITIONS, CORRUPTIONS, conditionOf, conditionsIn } from './power-sets.js';
import { type Change, corrupted, embedded, fashionEmbedder, kept, shared } from './rows.js';

export interface LabelWindow {
  name: string;
  rows: readonly LabelRow[];
  right: readonly boolean[];
}

/** @param folder keeps what the networks said */
export async function* labelWindows(folder: string): AsyncGenerator<LabelWindow> {
  yield* cifarWindows(folder);
  yield* fashionWindows(folder);
}

const TRANCHES = ['reference', 'production_1', 'production_2', 'production_3'];
export const CIFAR_CLASSES = Array.from({ length: 10 }, (_, i) => `class ${i}`);

interface Labelled extends DriftBatch {
  scores: Matrix;
  targets: string[];
}

/** CIFAR-10's tranches, the reference first. */
export async function cifarTranches(): Promise<Labelled[]> {
  const tranches: Labelled[] = [];
  for (const tranche of TRANCHES) {
    const golden = [join(shared(), 'golden', `${tranche}.npz`)];
    const [embeddings, scores] = [await stacked(golden, 'embeddings'), await stacked(golden, 'scores')];
    tranches.push({ embeddings, scores, targets: await cifarTargets(tranche) });
  }
  return tranches;
}

async function* cifarWindows(folder: string): AsyncGenerator<LabelWindow> {
  const tranches = await cifarTranches();
  const profile = profileOf(tranches[0]!, CIFAR_CLASSES);
  for (const [i, tranche] of TRANCHES.entries()) yield windowOf(`CIFAR-10 ${tranche}`, profile, tranches[i]!);
  for (const [i, batch] of (await conditionsIn(folder)).entries()) {
    const { targets } = tranches[1]!;
    if (i > 0) yield windowOf(`CIFAR-10 ${CONDITIONS[i]}`, profile, { ...batch, targets });
  }
}

async function cifarTargets(tranche: string): Promise<string[]> {
  const npz = await NpzFile.open(join(shared(), 'cifar', tranche, 'image_data.npz'));
  const targets: string[] = [];
  for await (const { values } of (await npz.array('arr_1')).rows(1_000)) {
    for (const value of values) targets.push(CIFAR_CLASSES[Number(value)]!);
  }
  await npz.close();
  return targets;
}

async function* fashionWindows(folder: string): AsyncGenerator<LabelWindow> {
  const embedder = await fashionEmbedder();
  const read = (file: string, condition: string) => fashionBatch(folder, embedder, file, condition);
  const profile = profileOf(await read('reference', 'none'), embedder.config.classes);
  for (const name of CONDITIONS) yield windowOf(`Fashion-MNIST ${name}`, profile, await read('production', name));
  await embedder.close();
}

function fashionBatch(folder: string, embedder: Embedder, file: string, condition: string): Promise<Labelled> {
  const { classes } = embedder.config;
  return kept(join(folder, `fashion-${file}-${condition}.bin`), async () => {
    const set = await openImages(join(packageRoot, 'samples', 'fashion-mnist', `${file}.npz`));
    const targets: string[] = [];
    async function* batches() {
      for await (const batch of set.batches(64)) {
        targets.push(...batch.labels!.map((label) => classes[Number(label)]!));
        yield { ...changeOf(condition)(batch, batch.firstRow), firstRow: batch.firstRow };
      }
    }
    const rows: { embeddings: Matrix; scores: Matrix } = await embedded(embedder, batches());
    await set.close();
    return { ...rows, targets };
  });
}

/** Windows that no formula was chosen by: corruptions of another level and seed, and another model on CIFAR-10. */
export async function* heldOutWindows(folder: string): AsyncGenerator<LabelWindow> {
  const tranches = await cifarTranches();
  const [reference, window] = [tranches[0]!, tranches[1]!];
  const profile = profileOf(reference, CIFAR_CLASSES);
  const embedder = await fashionEmbedder();
  const fashion = profileOf(await fashionBatch(folder, embedder, 'reference', 'none'), embedder.config.classes);
  for (const name of HELD_OUT) {
    const batch = await conditionOf(name, folder, changeOf(name));
    yield windowOf(`CIFAR-10 ${name}`, profile, { ...batch, targets: window.targets });
    yield windowOf(`Fashion-MNIST ${name}`, fashion, await fashionBatch(folder, embedder, 'production', name));
  }
  await embedder.close();
  // Half of the reference trains the head, the other half is its baseline.
  const [baseline, trains] = [partOf(reference, 0, 2_500), partOf(reference, 2_500, 5_000)];
  const head = trainedHead(headRows(trains), CIFAR_CLASSES.length, HELD_OUT_SEED);
  const scored = (batch: Labelled) => ({ ...batch, scores: headScores(head, batch.embeddings) });
  const own = profileOf(scored(baseline), CIFAR_CLASSES);
  for (const [i, name] of TRANCHES.entries()) if (i > 0) yield windowOf(`head ${name}`, own, scored(tranches[i]!));
}

/** Seed 2 and level 3 have shown what the order of a plan's rows did, so that they are held out no more. */
const HELD_OUT_SEED = 3;
const HELD_OUT_LEVEL = 4;
const HELD_OUT = GRADED_CORRUPTION_NAMES.map((name) => `${name} ${HELD_OUT_LEVEL}`);

function changeOf(condition: string): Change {
  const graded = GRADED_CORRUPTION_NAMES.find((name) => condition === `${name} ${HELD_OUT_LEVEL}`);
  return graded === undefined ? CORRUPTIONS[condition]! : corrupted(graded, HELD_OUT_LEVEL, HELD_OUT_SEED);
}

/** Rows from one to before another. */
export function partOf({ embeddings, scores, targets }: Labelled, from: number, to: number): Labelled {
  const cut = ({ columns, data }: Matrix) => ({
    rows: to - from,
    columns,
    data: data.slice(from * columns, to * columns),
  });
  return { embeddings: cut(embeddings), scores: cut(scores), targets: targets.slice(from, to) };
}

export function headRows({ embeddings, targets }: Labelled): HeadRows {
  return { embeddings, labels: targets.map((target) => CIFAR_CLASSES.indexOf(target)) };
}

function profileOf(batch: DriftBatch, classes: readonly string[]): Profile {
  return fitProfile(batch, { classes }, { seed: 1 });
}

function windowOf(name: string, profile: Profile, batch: DriftBatch): LabelWindow {
  const rows = new LabelRows(profile, batch.embeddings.columns, profile.classes).add(batch, name);
  if (rows.includes(null)) throw new Error(`${name}: a value is not finite`);
  const known = rows as LabelRow[];
  return {
    name,
    rows: known,
    right: known.map(({ predicted }, i) => profile.classes[predicted] === batch.targets![i]),
  };
}

/** Every row alone, or each tenth one as ten frames of a clip, as many rows in all. */
export function inClips({ name, rows, right }: LabelWindow, frames: number): LabelWindow {
  const kept = [...rows.keys()].filter((row) => row % frames === 0);
  const all = kept.flatMap((row) => new Array<number>(frames).fill(row));
  const copies = all.map((row, i) => ({ ...rows[row]!, rowNumber: i, group: row }));
  return { name, rows: copies, right: all.map((row) => right[row]!) };
}
