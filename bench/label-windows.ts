/** The windows of `bench/labels.ts`: what the network says of each image, and whether it is right. */
import { join } from 'node:path';
import { NpzFile, openImages } from '../data/index.js';
import { type DriftBatch, fitProfile, type LabelRow, LabelRows, type Matrix, type Profile } from '../drift/index.js';
import { packageRoot } from '../spec/support/places.js';
import { stacked } from './populations.js';
import { CONDITIONS, CORRUPTIONS, conditionsIn } from './power-sets.js';
import { embedded, fashionEmbedder, kept, shared } from './rows.js';

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
const CIFAR_CLASSES = Array.from({ length: 10 }, (_, i) => `class ${i}`);

async function* cifarWindows(folder: string): AsyncGenerator<LabelWindow> {
  const tranches: DriftBatch[] = [];
  for (const tranche of TRANCHES) {
    const golden = [join(shared(), 'golden', `${tranche}.npz`)];
    const [embeddings, scores] = [await stacked(golden, 'embeddings'), await stacked(golden, 'scores')];
    tranches.push({ embeddings, scores, targets: await cifarTargets(tranche) });
  }
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
  const { classes } = embedder.config;
  const read = (file: string, condition: string) =>
    kept(join(folder, `fashion-${file}-${condition}.bin`), async () => {
      const set = await openImages(join(packageRoot, 'samples', 'fashion-mnist', `${file}.npz`));
      const targets: string[] = [];
      async function* batches() {
        for await (const batch of set.batches(64)) {
          targets.push(...batch.labels!.map((label) => classes[Number(label)]!));
          yield { ...CORRUPTIONS[condition]!(batch, batch.firstRow), firstRow: batch.firstRow };
        }
      }
      const rows: { embeddings: Matrix; scores: Matrix } = await embedded(embedder, batches());
      await set.close();
      return { ...rows, targets };
    });
  const profile = profileOf(await read('reference', 'none'), classes);
  for (const name of CONDITIONS) yield windowOf(`Fashion-MNIST ${name}`, profile, await read('production', name));
  await embedder.close();
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
