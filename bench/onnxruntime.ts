/** The peer: onnxruntime-node, installed in `bench/` alone, so typed here by what is used of it. */
import { createRequire } from 'node:module';
import type { ImageBatch } from '../engine/index.js';
import { packageVersion } from './results.js';

interface OrtTensor {
  data: Float32Array;
}

interface Ort {
  Tensor: new (type: 'uint8', data: Uint8Array, dims: readonly number[]) => OrtTensor;
  InferenceSession: {
    create(model: Uint8Array, options: object): Promise<{ run(feeds: object): Promise<Record<string, OrtTensor>> }>;
  };
}

/** Compiled, this file lies in `dist/bench/`; the peers lie in `bench/node_modules/`. */
const FROM = new URL('../../bench/package.json', import.meta.url).href;

export interface OnnxRuntime {
  version: string;
  /** @returns the named output, flat */
  run(batch: ImageBatch, output: string): Promise<Float32Array>;
}

/** @param model a `.onnx` file's bytes, input `pixels` uint8 `[N, H, W, 3]` */
export async function loadOnnxRuntime(model: Uint8Array, threads: number): Promise<OnnxRuntime> {
  const ort = createRequire(FROM)('onnxruntime-node') as Ort;
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  return {
    version: packageVersion('onnxruntime-node', FROM),
    run: async ({ rows, height, width, data }, output) => {
      const outputs = await session.run({ pixels: new ort.Tensor('uint8', data, [rows, height, width, 3]) });
      return (outputs[output] as OrtTensor).data;
    },
  };
}
