/** What all engines are given: the same network, weights and images, written once into a folder. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BoundGraph, bind, buildGraph, type ImageBatch, optimise, resolveTap } from '../../engine/index.js';
import { Random } from '../../random/index.js';
import { pseudoWeights } from '../../spec/support/pseudo-weights.js';
import { readWeights, type Weights, writeWeights } from '../../weights/index.js';
import type { EngineTask } from './protocol.js';

export interface Workload {
  network: string;
  size: number;
  batch: number;
}

/** Seeded weights: what a network computes does not change how long it takes. */
export async function writeInputs(
  folder: string,
  { network, size, batch }: Workload,
): Promise<Omit<EngineTask, 'threads' | 'output' | 'backend'>> {
  const weights = join(folder, network);
  const { config, tensors } = pseudoWeights({ backbone: network, head: [], classes: 1000 });
  await writeWeights(weights, { config: { ...config, tap: 'fc' }, tensors }, { overwrite: true });
  const random = new Random(1);
  const images = join(folder, `${size}x${batch}.u8`);
  await writeFile(
    images,
    Uint8Array.from({ length: batch * size * size * 3 }, () => random.below(256)),
  );
  return { weights, images, rows: batch, height: size, width: size, tap: 'fc' };
}

export function imagesOf({ images, rows, height, width }: EngineTask): ImageBatch {
  return { rows, height, width, data: new Uint8Array(readFileSync(images)) };
}

/** The network as our own passes leave it: batch norms folded, activations fused. */
export async function optimisedModel(task: EngineTask): Promise<{ model: BoundGraph; node: string; weights: Weights }> {
  const weights = await readWeights(task.weights);
  const { backbone, head, classes } = weights.config;
  const graph = buildGraph({ backbone, head, classes: classes.length });
  const node = resolveTap(graph, task.tap);
  return { model: optimise(bind(graph, weights.tensors), new Set([node])), node, weights };
}
