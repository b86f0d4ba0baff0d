/** One file of one network, at one size: converted, run, and compared with PyTorch's float64 values. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../../base/index.js';
import { convertCheckpoint } from '../../../convert/index.js';
import type { EngineName } from '../../../engine/index.js';
import { networkGraph } from '../../../graph/stored/index.js';
import { networkOutputs } from '../../support/network-outputs.js';
import { readNpy } from '../../support/npz-file.js';
import { relativeRms } from '../../support/relative-error.js';

export interface SizeCase {
  size: [number, number];
  pixels: string;
  /** `''` is the network's output. Errors of PyTorch's float32, of five images and of the first: one for each order of its sums. */
  taps: Record<string, { file: string; errors: Record<'1' | '5', readonly number[]> }>;
}

export interface Outcome {
  /** The largest error, in units of the largest of PyTorch's own float32; null if it was not computed. */
  times: number | null;
  /** The same of PyTorch: what one order of its sums would get beside the others. */
  own: number | null;
  problem: string | null;
  /** Whether the error is above the bound, and nothing else is wrong. */
  isAbove: boolean;
  /** Whether the file is refused because it holds for another size only. */
  isOtherSize: boolean;
  /** Layers that were compared. */
  layers: number;
  seconds: number;
}

export const MOST = 2;
/** What float32 cannot do better: half the distance of two neighbours. */
const LEAST_ERROR = 2 ** -24;
const BATCHES = [5, 1] as const;
const WRONG_SIZE = /_SIZE$|_NOT_SUPPORTED$/;

/** @param folder that `make.py` wrote @param backends engines to run it on */
export async function checkFile(
  folder: string,
  file: string,
  sized: SizeCase,
  backends: readonly EngineName[],
): Promise<Outcome> {
  const weights = join(folder, 'weights');
  const start = performance.now();
  const outcome = { times: null, own: null, problem: null, isAbove: false, isOtherSize: false, layers: 0, seconds: 0 };
  try {
    const pixels = { size: sized.size, mean: [0.5], std: [0.5], overwrite: true };
    const { config } = await convertCheckpoint(join(folder, file), weights, pixels);
    const seconds = (performance.now() - start) / 1000;
    const { modules } = networkGraph(config);
    const names = Object.keys(sized.taps).filter((name) => modules.has(name));
    let [times, worst] = [0, ''];
    for (const backend of backends) {
      for (const batch of BATCHES) {
        const options = { tap: names, backend, scores: false, threads: 0, batch, isFirst: true };
        const { taps } = await networkOutputs(weights, join(folder, sized.pixels), options);
        for (const name of names) {
          const { file: truth, errors } = sized.taps[name]!;
          const error = await errorBeside(taps.get(name)!, join(folder, truth), batch);
          const found = error / Math.max(...errors[`${batch}`], LEAST_ERROR);
          if (found > times || Number.isNaN(found)) {
            [times, worst] = [found, `${name || 'output'}, batch ${batch}, ${backend}: ${error.toExponential(1)}`];
          }
        }
      }
    }
    const problem = times <= MOST ? null : `${times.toFixed(2)} × PyTorch's error at ${worst}`;
    const own = ownTimes(sized, names);
    return { ...outcome, times, own, problem, isAbove: times > MOST, layers: names.length, seconds };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = error instanceof CodedError ? error.code : error.name;
    const problem = `${code}: ${error.message}`;
    return { ...outcome, problem, isOtherSize: WRONG_SIZE.test(code) };
  } finally {
    rmSync(weights, { recursive: true, force: true });
  }
}

/** As if one order of PyTorch's sums were an engine: its error in units of the largest of the others, the largest of all. */
function ownTimes({ taps }: SizeCase, names: readonly string[]): number {
  const all = names.flatMap((name) => BATCHES.map((batch) => taps[name]!.errors[`${batch}`]));
  return Math.max(
    0,
    ...all.flatMap((errors) =>
      errors.map((error, i) => error / Math.max(...errors.filter((_, other) => other !== i), LEAST_ERROR)),
    ),
  );
}

/** @param file PyTorch's values for the larger batch */
async function errorBeside(values: readonly number[], file: string, rows: number): Promise<number> {
  const all = await readNpy(file);
  return relativeRms(values, all.subarray(0, (all.length / BATCHES[0]) * rows), file);
}
