/** transformers.js, typed here because the package is optional. Only the parts in use. */
import { createRequire } from 'node:module';
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

export interface Transformers {
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

export async function importTransformers(): Promise<Transformers> {
  const path = createRequire(PEERS).resolve('@huggingface/transformers');
  return (await import(pathToFileURL(path).href)) as Transformers;
}
