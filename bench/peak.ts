/** The rate of a matrix product that never leaves the cache: the peak of our kernels on this processor and this Node. */

import type { Kernels } from '../engine/backends/simd/trial/kernel-search.js';
import { imagenetPreprocessing } from '../graph/backbones/index.js';
import type { Graph, GraphNode } from '../graph/index.js';
import { plainConvolution } from '../spec/support/plain-convolution.js';
import { pseudoTensor } from '../spec/support/pseudo-weights.js';
import { LaidOut } from './laid-out.js';

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
