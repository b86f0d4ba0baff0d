/** An exported program as a model. Its graph is read as that of an ONNX file is. */
import { openExported } from './exported-program/read-exported.js';
import { renamedCodes } from './onnx/renamed-codes.js';
import { modelOf } from './onnx-model.js';
import type { ModelOptions, ReadModel } from './read-model.js';

/** @throws ConvertError `EXPORTED_…`; FileError */
export async function readExportedModel(path: string, options: ModelOptions): Promise<ReadModel> {
  return renamedCodes(
    'EXPORTED',
    modelOf('exported-program', () => openExported(path), options),
  );
}
