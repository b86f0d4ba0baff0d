/** An exported program as a model. Its graph is read as that of an ONNX file is. */
import { openExported, underOwnCodes } from './exported-program/read-exported.js';
import { modelOf } from './onnx-model.js';
import type { ModelOptions, ReadModel } from './read-model.js';

/** @throws ConvertError `EXPORTED_…`; FileError */
export async function readExportedModel(path: string, options: ModelOptions): Promise<ReadModel> {
  return underOwnCodes(modelOf('exported-program', () => openExported(path), options));
}
