/** A value, by its name, of an ONNX file that runs as it is: one engine runs the file, and nothing here computes it. */

import { NoOnnxForm } from './onnx-form.js';
import { Misfit, type Operation, type Shape } from './operation.js';

export interface OnnxFileAttrs {
  /** For each image, without the batch. */
  shape: Shape;
}

export const operation: Operation<'onnxFile', OnnxFileAttrs> = {
  op: 'onnxFile',
  outputShape(inputs, { shape }) {
    if (inputs.length !== 1) throw new Misfit(`it has ${inputs.length} inputs, an ONNX file here has the image alone`);
    return shape;
  },
  reference: () => {
    throw new Misfit('only the file itself computes it');
  },
  onnx: () => {
    throw new NoOnnxForm('it is such a file already');
  },
};
