/** An exported program as a model. Its graph is read as that of an ONNX file is. */
import { openExported, underOwnCodes } from './exported-program/read-exported.js';
import { modelOf, type OnnxAsModel, type OnnxModelOptions } from './onnx-model.js';

/** @throws ConvertError `EXPORTED_…`; FileError */
export async function readExportedModel(path: string, options: OnnxModelOptions): Promise<OnnxAsModel> {
  return underOwnCodes(modelOf('exported-program', () => openExported(path), options));
}
