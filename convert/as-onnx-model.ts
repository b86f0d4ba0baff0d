/** A model for TensorFlow.js as a model. Its graph is read as that of an ONNX file is. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openExported } from './exported-program/read-exported.js';
import { renamedCodes } from './onnx/renamed-codes.js';
import { modelOf } from './onnx-model.js';
import type { ModelOptions, ReadModel } from './read-model.js';
import { isTfjsModel } from './tfjs-model/file/model-json.js';
import { openTfjs } from './tfjs-model/read-tfjs.js';

/** @param path of `model.json` @throws ConvertError `TFJS_…`; FileError */
export async function readTfjsModel(path: string, options: ModelOptions): Promise<ReadModel> {
  const trained: string[] = [];
  const open = async () => {
    const content = await openTfjs(path);
    trained.push(...content.assumed);
    return content;
  };
  const model = await renamedCodes('TFJS', modelOf('tfjs-model', open, options));
  if (trained.length === 0) return model;
  const { provenance } = model.config;
  const assumed = [...(provenance.assumed ?? []), ...trained];
  return { ...model, config: { ...model.config, provenance: { ...provenance, assumed } } };
}

const MODEL_JSON = 'model.json';

/** The `model.json` of a folder with a model for TensorFlow.js; null for all else, a weights folder of image-drift too. */
export async function tfjsModelIn(dir: string): Promise<string | null> {
  const names = await readdir(dir).catch((): string[] => []);
  const path = join(dir, MODEL_JSON);
  return names.includes(MODEL_JSON) && (await isTfjsModel(path)) ? path : null;
}

/** @throws ConvertError `EXPORTED_…`; FileError */
export async function readExportedModel(path: string, options: ModelOptions): Promise<ReadModel> {
  return renamedCodes(
    'EXPORTED',
    modelOf('exported-program', () => openExported(path), options),
  );
}
