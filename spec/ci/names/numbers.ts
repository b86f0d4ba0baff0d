/** One network of timm as a folder and as a bare state dict: converted, run on one image, and compared with PyTorch's float64. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../../base/index.js';
import { type ConvertOptions, convertCheckpoint } from '../../../convert/index.js';
import { LineProcess } from '../../support/line-process.js';
import { networkOutputs } from '../../support/network-outputs.js';
import { readNpy } from '../../support/npz-file.js';
import { packageRoot } from '../../support/places.js';
import { relativeError } from '../../support/relative-error.js';

export interface Compared {
  /** Code of the error, or null: it was converted. */
  code: string | null;
  message: string;
  assumed: readonly string[];
  /** Largest difference over the largest value; null: there is nothing to compare. */
  embedding: number | null;
  scores: number | null;
}

export interface Made {
  side: number;
  parameters: number;
  /** The error of PyTorch's own float32. */
  single: number;
  error?: string;
}

/** Float32's own error of a deep network, with room; and how many times PyTorch's, where that is larger. */
const MOST = 1e-5;
const TIMES = 4;
/** Where PyTorch's own error is larger, the draw says nothing. */
export const UNCLEAR = 1e-3;

export function isRight({ embedding, scores }: Compared, { single }: Made): boolean {
  const most = Math.max(MOST, TIMES * single);
  return (embedding ?? 0) <= most && (scores ?? 0) <= most && (embedding !== null || scores !== null);
}

/** @param draw which weights and image are drawn, from 0 on */
export async function make(python: LineProcess, name: string, args: object, draw = 0): Promise<Made> {
  const question = JSON.stringify({ name, args, draw });
  const line = await python.ask(question);
  if (line === null) throw new Error(`Python ended at ${question}; what it said stands above`);
  return JSON.parse(line) as Made;
}

/** A Python that runs a script of this folder. What it says on stderr is printed. */
export function pythonOf(python: string, script: string, args: readonly string[]): LineProcess {
  const command = [python, '-W', 'ignore', join(packageRoot, 'spec', 'ci', 'names', script), ...args];
  return new LineProcess(command, { PYTHONUNBUFFERED: '1', OMP_NUM_THREADS: '1' }, true);
}

/** @param folder that `make.py` wrote @param bare whether nothing but the tensors is given */
export async function compare(folder: string, { side }: Made, bare: boolean): Promise<Compared> {
  const weights = join(folder, 'weights');
  const options: ConvertOptions = { size: [side, side], mean: [0.5], std: [0.5], overwrite: true };
  try {
    const path = bare ? join(folder, 'model.safetensors') : folder;
    const { config } = await convertCheckpoint(path, weights, options);
    const settings = { threads: 0, batch: 1, isFirst: true };
    const { taps, scores } = await networkOutputs(weights, join(folder, 'pixels.npy'), settings);
    return {
      code: null,
      message: '',
      assumed: config.provenance.assumed ?? [],
      embedding: await errorOf([...taps.values()][0]!, join(folder, 'embedding.npy'), (values) => values),
      scores: await errorOf(scores, join(folder, 'logits.npy'), softmax),
    };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { code: error.code, message: error.message, assumed: [], embedding: null, scores: null };
  } finally {
    rmSync(weights, { recursive: true, force: true });
  }
}

async function errorOf(
  values: readonly number[],
  file: string,
  meant: (truth: readonly number[]) => readonly number[],
): Promise<number | null> {
  if (values.length === 0 || !existsSync(file)) return null;
  return relativeError(values, meant([...(await readNpy(file))]));
}

function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / sum);
}

/** Lines of a CSV without quotes; none where there is no file. */
export function readRows(path: string): string[][] {
  if (!existsSync(path)) return [];
  const [, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.split(','));
}
