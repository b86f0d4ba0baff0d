/**
 * Converts the checkpoints of `disguises/make.py`, and compares every tap with PyTorch's, or the error.
 *     node dist/spec/ci/disguises.js FOLDER
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../base/index.js';
import { type ConvertOptions, convertCheckpoint } from '../../convert/index.js';
import { caseFolders, checkEach, networkOutputs, readCase } from '../support/network-outputs.js';
import { readNpy } from '../support/npz-file.js';
import { relativeRms } from '../support/relative-error.js';

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
  const expected = readCase<Case>(folder);
  const weights = join(folder, 'weights');
  rmSync(weights, { recursive: true, force: true });
  const convert = () => convertCheckpoint(join(folder, expected.checkpoint), weights, expected.options);
  if (expected.error !== null) return refusal(expected.error, convert);
  const { config } = await convert();
  if (expected.classes !== null && config.classes.length !== expected.classes) {
    throw new Error(`${config.classes.length} classes, ${expected.classes} expected`);
  }
  const worst = await compare(weights, folder, expected.taps);
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
async function compare(weights: string, folder: string, taps: Case['taps']): Promise<number> {
  const tap = Object.keys(taps);
  const ours = await networkOutputs(weights, join(folder, 'pixels.npy'), { tap, backend: 'auto' });
  const errors: number[] = [];
  for (const [name, file] of Object.entries(taps)) {
    const error = relativeRms(ours.taps.get(name)!, await readNpy(join(folder, file)), name);
    if (!(error <= MOST_ERROR)) throw new Error(`${name}: relative error ${error.toExponential(2)}`);
    errors.push(error);
  }
  return Math.max(...errors);
}

const [root = ''] = process.argv.slice(2);
const names = caseFolders(root, 'disguises.js FOLDER');
const right = await checkEach(names, (name) => check(join(root, name)));
console.log(`${right} of ${names.length} checkpoints convert as they should`);
