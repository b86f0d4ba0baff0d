/**
 * onnxruntime-node without image-drift, installed only in `bench/`. Its graph is what PyTorch's exporter writes in eval
 * mode (no dropout, batch norms folded), with normalisation before and softmax after, as `convert --onnx` writes them.
 */
import { createRequire } from 'node:module';
import { ONNX_INPUT, ONNX_SCORES } from '../../graph/onnx/index.js';
import { packageVersion } from '../results.js';
import { exportedOnnx, imagesOf } from './inputs.js';
import { engineTask, PEERS, repeated, serve } from './protocol.js';

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
