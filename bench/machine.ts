/** Columns of every result that say where and when it was measured. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import type { Kernels } from '../engine/backends/simd/trial/kernel-search.js';
import { imagenetPreprocessing } from '../graph/backbones/index.js';
import type { Graph, GraphNode } from '../graph/index.js';
import { plainConvolution } from '../spec/support/plain-convolution.js';
import { pseudoTensor } from '../spec/support/pseudo-weights.js';
import { LaidOut } from './laid-out.js';

export function machine(): { date: string; cpu: string; cores: number; node: string } {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: `${cpus()[0]?.model.trim() ?? 'unknown'}${familyAndModel()}`,
    cores: availableParallelism(),
    node: process.version,
  };
}

/** A virtual machine may name its processor only `AMD EPYC`, whatever the generation. Linux knows family and model. */
function familyAndModel(): string {
  const path = '/proc/cpuinfo';
  const told = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const [family, model] = ['cpu family', 'model'].map(
    (name) => new RegExp(`^${name}\\s*: (\\d+)$`, 'm').exec(told)?.[1],
  );
  return family === undefined || model === undefined ? '' : ` (family ${family}, model ${model})`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

// Pins processes to as many cores as they have threads, so one thread is really one thread.

export interface HeldCommand {
  command: readonly string[];
  /** Cores it may use, e.g. `1` or `0-1`; `any` if they cannot be set. */
  cores: string;
}

const hasTaskset = process.platform === 'linux' && spawnSync('taskset', ['--version']).status === 0;

/** Uses the last cores, because the first ones usually serve interrupts. */
export function holdOnCores(command: readonly string[], threads: number): HeldCommand {
  const all = availableParallelism();
  if (!hasTaskset || threads > all) return { command, cores: 'any' };
  const cores = threads === 1 ? String(all - 1) : `${all - threads}-${all - 1}`;
  return { command: ['taskset', '-c', cores, ...command], cores };
}

// Several versions of Node in one bench: `--node PATH[,PATH]` starts each engine's process with each binary.

export interface NodeBinary {
  path: string;
  /** `v24.1.0`. */
  version: string;
}

/** @param paths separated by commas; default: the Node that runs this */
export function nodeBinaries(paths: string | undefined): NodeBinary[] {
  if (paths === undefined) return [{ path: process.execPath, version: process.version }];
  return paths.split(',').map((path) => {
    return { path, version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim() };
  });
}

// The rate of a matrix product that never leaves the cache: the peak of our kernels on this processor and this Node.

/** The matrix in the cache: 96 × 256 × 16, read from L2 by a tile's rows, its panel in L1. */
const PEAK = { rows: 96, k: 256, repeats: 64 };

/** A 1×1 convolution from 256 to 16 channels, after another one that makes its input. */
function peakModel() {
  const convolution = (name: string, input: string, inChannels: number, outChannels: number): GraphNode => ({
    name,
    inputs: [input],
    op: 'conv2d',
    attrs: plainConvolution(1, inChannels, outChannels, false),
  });
  const nodes: GraphNode[] = [
    { name: ':input', inputs: [], op: 'input' },
    convolution('first', ':input', 3, PEAK.k),
    convolution('peak', 'first', PEAK.k, 16),
  ];
  const graph: Graph = { nodes, output: 'peak', modules: new Map() };
  const shapes = { 'first.weight': [PEAK.k, 3, 1, 1], 'peak.weight': [16, PEAK.k, 1, 1] };
  return { graph, tensors: new Map(Object.entries(shapes).map(([name, shape]) => [name, pseudoTensor(name, shape)])) };
}

/** Lays the product out. Each `measure` repeats it, and gives GFLOP/s. @param clock of `measure`: milliseconds */
export function peakRate(kernels: Kernels): { measure(clock: () => number): number } {
  const laidOut = new LaidOut(peakModel(), { config: { preprocessing: imagenetPreprocessing } }, kernels);
  const plan = laidOut.plan({ images: PEAK.rows, height: 1, width: 1 });
  const calls = laidOut.calls(plan, new Uint8Array(PEAK.rows * 3).fill(200));
  for (const { run } of calls) run();
  const product = calls.find(({ node }) => node === 'peak')!;
  return {
    measure(clock) {
      const start = clock();
      for (let i = 0; i < PEAK.repeats; i++) product.run();
      const seconds = (clock() - start) / 1000 / PEAK.repeats;
      return (2 * PEAK.rows * PEAK.k * 16) / seconds / 1e9;
    },
  };
}
