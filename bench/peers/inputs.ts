/** The common inputs of all engines: the same network, weights and images, written once into a folder. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import type { ImageBatch } from '../../engine/index.js';
import { bind, resolveTap } from '../../graph/index.js';
import { onnxBytes, onnxModel } from '../../graph/onnx/index.js';
import { cutAfter, dropIdentity, foldBatchNorm } from '../../graph/passes/index.js';
import { networkGraph } from '../../graph/stored/index.js';
import { readWeights, writeWeights } from '../../weights/index.js';
import { benchWeights } from '../networks.js';
import type { EngineTask } from './protocol.js';

export interface Workload {
  network: string;
  size: number;
  batch: number;
}

/** As many classes as torchvision's own classifiers have. */
const CLASSES = 1000;

export function scoresOf({ batch }: Workload): number {
  return batch * CLASSES;
}

/** Weights are seeded random numbers, because their values do not change how long a network takes. */
export async function writeInputs(
  folder: string,
  { network, size, batch }: Workload,
): Promise<Pick<EngineTask, 'weights' | 'images' | 'rows' | 'height' | 'width' | 'tap'>> {
  const weights = join(folder, network);
  const { config, tensors } = benchWeights(network, CLASSES);
  await writeWeights(weights, { config, tensors }, { overwrite: true });
  const random = new Random(1);
  const images = join(folder, `${size}x${batch}.u8`);
  await writeFile(
    images,
    Uint8Array.from({ length: batch * size * size * 3 }, () => random.below(256)),
  );
  return { weights, images, rows: batch, height: size, width: size, tap: config.tap };
}

export function imagesOf({ images, rows, height, width }: EngineTask): ImageBatch {
  return { rows, height, width, data: new Uint8Array(readFileSync(images)) };
}

/** The ONNX file of the model as PyTorch's exporter writes it in eval mode, with the embedding and the softmax. */
export async function exportedOnnx(task: EngineTask): Promise<Uint8Array> {
  const { config, tensors } = await readWeights(task.weights);
  const graph = networkGraph(config);
  const node = resolveTap(graph, task.tap);
  const kept = new Set([node, graph.output]);
  const model = [cutAfter, dropIdentity, foldBatchNorm].reduce((one, pass) => pass(one, kept), bind(graph, tensors));
  const { mean, std } = config.preprocessing;
  return onnxBytes(onnxModel(model, { taps: new Map([[task.tap, node]]), scores: true, mean, std, size: null }));
}
