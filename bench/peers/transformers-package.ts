/** transformers.js, typed here because the package is optional. Only the parts in use. */
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PEERS } from './protocol.js';

interface FloatTensor {
  data: Float32Array;
}

interface ModelOptions {
  dtype: string;
  device: string;
  session_options?: { intraOpNumThreads: number; interOpNumThreads: number };
}

interface Transformers {
  env: { allowRemoteModels: boolean; localModelPath: string; version: string };
  RawImage: { read(path: string): Promise<unknown> };
  Tensor: new (type: 'uint8', data: Uint8Array, dims: readonly number[]) => unknown;
  AutoImageProcessor: {
    from_pretrained(name: string): Promise<(images: unknown[]) => Promise<Record<string, unknown>>>;
  };
  AutoModel: {
    /** @param name of a folder in `env.localModelPath` @returns gives each output of the ONNX file by its name */
    from_pretrained(
      name: string,
      options: ModelOptions,
    ): Promise<(inputs: Record<string, unknown>) => Promise<Record<string, FloatTensor>>>;
  };
}

/** The package, and the model of a folder in float32 on the CPU, by what the folder has alone. */
export async function loadTransformers(folder: string, options: Pick<ModelOptions, 'session_options'> = {}) {
  const path = createRequire(PEERS).resolve('@huggingface/transformers');
  const transformers = (await import(pathToFileURL(path).href)) as Transformers;
  const { env, AutoModel } = transformers;
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder);
  const model = await AutoModel.from_pretrained(basename(folder), { dtype: 'fp32', device: 'cpu', ...options });
  return { ...transformers, model };
}
