/** A small network, the program that it comes from, and the file that this program would write for `convert --check`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ConvertOptions, convertCheckpoint } from '../../convert/index.js';
import { readWeights, type Tensor } from '../../weights/index.js';
import { type CheckArrays, pictures, programArrays, writeCheck } from './check-npz.js';
import { temporaryFolder } from './places.js';
import { narrowBody, pseudoWeights } from './pseudo-weights.js';
import { writeSafetensors } from './safetensors.js';

export const folder = temporaryFolder();
export const classes = ['ant', 'bee', 'cat', 'dog', 'elk'];
const spec = { backbone: 'resnet', body: narrowBody, head: [12], classes: classes.length };
const parameters = [...pseudoWeights(spec).tensors];

/** The conversion as the program has it. */
export const RIGHT: ConvertOptions = {
  stem: 'cifar',
  size: [32, 32],
  resize: 40,
  mean: [0.5, 0.4, 0.3],
  std: [0.2, 0.25, 0.3],
  classes,
};

let files = 0;

export function newPath(name: string): string {
  return join(folder, `${files++}-${name}`);
}

export function checkpoint(change: (name: string, data: Float32Array) => void = () => {}): string {
  const path = newPath('model.safetensors');
  const tensors = parameters.map(([name, { shape, data }]): [string, Tensor] => {
    const copy = data.slice();
    change(name, copy);
    return [name, { shape, data: copy }];
  });
  writeSafetensors(path, new Map(tensors));
  return path;
}

export const right = checkpoint();
export const IMAGES = pictures(10, (i) => (i % 3 === 0 ? [150 + i, 61] : i % 3 === 1 ? [47 + i, 90] : [64, 64 + i]));

export async function program(tap?: string, images = IMAGES): Promise<CheckArrays> {
  const out = join(folder, 'right');
  if (!existsSync(out)) await convertCheckpoint(right, out, RIGHT);
  return programArrays(await readWeights(out), images, tap);
}

export const saved = await program();

/** The file with some arrays changed; null: left out. */
export function changed(arrays: Record<string, CheckArrays[string] | null>): string {
  const all = Object.entries({ ...saved, ...arrays }).filter(([, array]) => array !== null);
  return writeCheck(newPath('check.npz'), Object.fromEntries(all) as CheckArrays);
}

export function values(name: string): Float32Array {
  return saved[name]![2] as Float32Array;
}

export function rows(name: string, change: (row: Float32Array, i: number) => ArrayLike<number>): CheckArrays[string] {
  const [descr, shape, data] = saved[name]!;
  const columns = shape[1]!;
  const made = Array.from({ length: shape[0]! }, (_, i) => {
    return Array.from(change((data as Float32Array).subarray(i * columns, (i + 1) * columns), i));
  });
  return [descr, [made.length, made[0]!.length], Float32Array.from(made.flat())];
}
