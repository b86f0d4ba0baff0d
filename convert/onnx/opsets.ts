/** Which versions of ONNX's operators are imported. Others may still run as they are. */
import { ConvertError } from '../convert-error.js';
import type { OnnxModel } from './file/onnx-model.js';

/** Opset 7 has the broadcasting that later ones kept; 22 is that of onnx 1.17. Later ones change no operator known here. */
const OPSETS = { first: 7, last: 28 };

/** `ONNX_VERSION`; null for a file of an opset that is read. */
export function opsetProblem({ label, opset }: OnnxModel): ConvertError | null {
  if (opset >= OPSETS.first && opset <= OPSETS.last) return null;
  return new ConvertError(
    'ONNX_VERSION',
    `${label}: is of opset ${opset}, opsets ${OPSETS.first} to ${OPSETS.last} are read`,
    {
      hint: 'Export it again with opset 17, or convert it with onnx.version_converter.',
    },
  );
}
