/** What is in files that have their network: ONNX, exported programs, models of TensorFlow.js. */
import {
  type ExportedInspection,
  inspectExported,
  inspectOnnx,
  inspectTfjs,
  type OnnxInspection,
  type TfjsInspection,
} from '../../convert/index.js';
import { openOnnxFile } from '../../engine/index.js';

export type NetworkInspection =
  | ({ kind: 'onnx' } & Omit<OnnxInspection, 'layers'>)
  | ({ kind: 'exported-program' } & Omit<ExportedInspection, 'layers'>)
  | ({ kind: 'tfjs-model' } & Omit<TfjsInspection, 'layers'>);

export async function inspectOnnxFile(path: string): Promise<NetworkInspection> {
  const { layers, ...found } = await inspectOnnx(path, openOnnxFile);
  return { kind: 'onnx', ...found };
}

export async function inspectProgram(path: string): Promise<NetworkInspection> {
  const { layers, ...found } = await inspectExported(path);
  return { kind: 'exported-program', ...found };
}

export async function inspectTfjsModel(path: string): Promise<NetworkInspection> {
  const { layers, ...found } = await inspectTfjs(path);
  return { kind: 'tfjs-model', ...found };
}
