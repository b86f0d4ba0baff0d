/**
 * Converts the checkpoints that `disguises/make.py` made and compares every tap with PyTorch's; or checks the error.
 *
 *   node dist/spec/ci/disguises.js FOLDER
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../base/index.js';
import { type ConvertOptions, convertCheckpoint } from '../../convert/index.js';
import { NpzFile, openImages, withChannels } from '../../data/index.js';
import { Embedder } from '../../engine/index.js';

interface Case {
  checkpoint: string;
  options: ConvertOptions;
  /** Tap → file with PyTorch's output. */
  taps: Record<string, string>;
  error: { code: string; says: string } | null;
  /** Number of classes, where it is part of the case. */
  classes: number | null;
}

/** Root mean square of the difference over that of PyTorch's values. Both sides round in float32, in other orders. */
const MOST_ERROR = 1e-5;

async function check(folder: string): Promise<string> {
  const expected = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Case;
  const weights = join(folder, 'weights');
  rmSync(weights, { recursive: true, force: true });
  const convert = () => convertCheckpoint(join(folder, expected.checkpoint), weights, expected.options);
  if (expected.error !== null) return refusal(expected.error, convert);
  const { config } = await convert();
  if (expected.classes !== null && config.classes.length !== expected.classes) {
    throw new Error(`${config.classes.length} classes, ${expected.classes} expected`);
  }
  const worst = await compare(weights, folder, expected.taps, config.preprocessing.mean.length);
  rmSync(weights, { recursive: true, force: true });
  const assumed = config.provenance.assumed ?? [];
  return `${config.backbone}, error ${worst.toExponential(1)}${assumed.map((text) => `; ${text}`).join('')}`;
}

async function refusal({ code, says }: NonNullable<Case['error']>, convert: () => Promise<unknown>): Promise<string> {
  const error = await convert().then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CodedError)) throw new Error(`not refused with ${code}: ${error ?? 'it was converted'}`);
  const text = `${error.message} ${error.hint ?? ''}`;
  if (error.code !== code || !text.includes(says)) throw new Error(`${code} "${says}" expected: ${error.code} ${text}`);
  return `refused: ${text}`;
}

/** @returns the largest relative error of a tap */
async function compare(weights: string, folder: string, taps: Case['taps'], channels: number): Promise<number> {
  const embedder = await Embedder.load(weights, { tap: Object.keys(taps), backend: 'auto' });
  const images = await openImages(join(folder, 'pixels.npy'), { channels });
  const arrays = await Promise.all(
    Object.entries(taps).map(async ([tap, file]) => [tap, await values(join(folder, file))] as const),
  );
  const sums = new Map(arrays.map(([tap]) => [tap, { difference: 0, reference: 0, count: 0 }]));
  const batches = async function* () {
    for await (const batch of images.batches(8)) yield withChannels(batch, channels, images.where);
  };
  for await (const { taps: ours } of embedder.run(batches())) {
    for (const [tap, reference] of arrays) {
      const sum = sums.get(tap)!;
      const { data } = ours.get(tap)!;
      for (const [i, value] of data.entries()) {
        sum.difference += (value - reference[sum.count + i]!) ** 2;
        sum.reference += reference[sum.count + i]! ** 2;
      }
      sum.count += data.length;
    }
  }
  await images.close();
  await embedder.close();
  const errors = arrays.map(([tap, reference]) => {
    const { difference, reference: size, count } = sums.get(tap)!;
    if (count !== reference.length) throw new Error(`${tap}: ${count} values, PyTorch has ${reference.length}`);
    const error = Math.sqrt(difference / size);
    if (!(error <= MOST_ERROR)) throw new Error(`${tap}: relative error ${error.toExponential(2)}`);
    return error;
  });
  return Math.max(...errors);
}

async function values(path: string): Promise<Float32Array> {
  const npy = await NpzFile.open(path);
  try {
    const array = await npz(npy);
    const parts: number[] = [];
    for await (const { values: part } of array.rows(64)) for (const value of part) parts.push(Number(value));
    await array.close();
    return Float32Array.from(parts);
  } finally {
    await npy.close();
  }
}

function npz(file: NpzFile) {
  return file.array(file.names[0]!);
}

const [root] = process.argv.slice(2);
if (root === undefined || !existsSync(root)) throw new Error('usage: disguises.js FOLDER');
let failed = 0;
const names = readdirSync(root).filter((name) => existsSync(join(root, name, 'case.json')));
for (const name of names.sort()) {
  try {
    console.log(`ok     ${name}: ${await check(join(root, name))}`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`${names.length - failed} of ${names.length} checkpoints convert as they should`);
process.exitCode = failed === 0 && names.length > 0 ? 0 : 1;
