/** onnxruntime-node by itself, installed in `bench/` alone, on the model that `convert --onnx` writes. */
import { createRequire } from 'node:module';
import { type ImageBatch, ONNX_INPUT, onnxBytes, onnxModel } from '../../engine/index.js';
import { packageVersion } from '../results.js';
import { imagesOf, optimisedModel } from './inputs.js';
import { PEERS } from './installed.js';
import { engineTask, serve } from './protocol.js';

/** Typed here by what is used of it. */
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
const { model, node, weights } = await optimisedModel(task);
const { mean, std } = weights.config.preprocessing;
const onnx = onnxModel(model, { taps: new Map([[task.tap, node]]), scores: false, mean, std, size: null });
const session = await ort.InferenceSession.create(onnxBytes(onnx), {
  executionProviders: ['cpu'],
  intraOpNumThreads: task.threads,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
});

async function run({ rows, height, width, data }: ImageBatch, times: number): Promise<Float32Array> {
  let last = new Float32Array(0);
  for (let i = 0; i < times; i++) {
    const outputs = await session.run({ [ONNX_INPUT]: new ort.Tensor('uint8', data, [rows, height, width, 3]) });
    last = outputs[task.tap]!.data as Float32Array<ArrayBuffer>;
  }
  return last;
}

await serve({ version: packageVersion('onnxruntime-node', PEERS), run }, imagesOf(task), task.output);
