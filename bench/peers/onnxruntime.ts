/**
 * onnxruntime-node without image-drift around it, installed only in `bench/`, with all its own optimisations. Its graph
 * is what PyTorch's exporter writes for a network in eval mode: dropout is gone and batch norms are folded into the
 * convolutions. The file also normalises the pixels before the network and applies softmax after it, as `convert
 * --onnx` writes them.
 */
import { createRequire } from 'node:module';
import { ONNX_INPUT, ONNX_SCORES } from '../../graph/onnx/index.js';
import { packageVersion } from '../results.js';
import { exportedOnnx, imagesOf } from './inputs.js';
import { engineTask, PEERS, repeated, serve } from './protocol.js';

/** Typed here, because the package is optional. Only the parts in use. */
interface Ort {
  Tensor: new (type: 'uint8', data: Uint8Array, dims: readonly number[]) => unknown;
  InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: object): Promise<Record<string, { data: Float32Array }>> }>;
  };
}

const task = engineTask();
const ort = createRequire(PEERS)('onnxruntime-node') as Ort;
const session = await ort.InferenceSession.create(await exportedOnnx(task), {
  executionProviders: ['cpu'],
  graphOptimizationLevel: 'all',
  intraOpNumThreads: task.threads,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
});

const run = repeated(async ({ rows, height, width, data }) => {
  const outputs = await session.run({ [ONNX_INPUT]: new ort.Tensor('uint8', data, [rows, height, width, 3]) });
  return { embeddings: outputs[task.tap]!.data, scores: outputs[ONNX_SCORES]!.data };
});

await serve({ version: packageVersion('onnxruntime-node', PEERS), run }, imagesOf(task), task);
