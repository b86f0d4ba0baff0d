/** What ONNX has no operator for, as nodes of the graph. */
import type { Constant } from '../../onnx/folding/constant.js';
import { inShape } from '../../onnx/importing/layout.js';
import { linear } from '../../onnx/importing/matrix.js';
import { NotSupported } from '../../onnx/importing/not-supported.js';
import { computed, constant, type Operator } from '../../onnx/importing/operator.js';

/**
 * A Dense layer behind a Flatten. Its matrix takes pixel after pixel, each with all its channels; where a map has several pixels,
 * the rows of the matrix are put into the order of the graph, so that the map need not be turned around.
 *
 * Inputs: the values in TensorFlow's order, the map `[N, C, H, W]`, the matrix `[H·W·C, outputs]`.
 */
export const DENSE = 'tf.dense';

const denseOfFlattened: Operator = (application) => {
  const { graph, inputs } = application;
  const flat = computed(application, 0);
  const map = computed(application, 1);
  const matrix = constant(application, 2);
  const [channels = 0, ...sides] = map.shape;
  const pixels = sides.reduce((product, size) => product * size, 1);
  const [rows = 0] = matrix.dims;
  if (rows !== channels * pixels) throw new NotSupported(`its matrix has ${rows} rows for ${channels * pixels} values`);
  if (pixels === 1) return linear({ ...application, inputs: [flat] }, turned(matrix, channels, 1), null);
  const order = inShape(graph, map, [rows], { batch: 0, merged: false }, `${flat.node}:channels first`);
  return linear({ ...application, inputs: [order, ...inputs.slice(1)] }, turned(matrix, channels, pixels), null);
};

/** A file is imported several times, to see whether its graph depends on the size of images. */
const turnedBefore = new WeakMap<Constant, Map<number, Constant>>();

/** `[pixels·channels, outputs]` → `[outputs, channels·pixels]`. */
function turned(matrix: Constant, channels: number, pixels: number): Constant {
  const known = turnedBefore.get(matrix)?.get(pixels);
  if (known !== undefined) return known;
  const [rows = 0, outputs = 0] = matrix.dims;
  const data = new Float32Array(rows * outputs);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const from = (pixel * channels + channel) * outputs;
      const to = channel * pixels + pixel;
      for (let output = 0; output < outputs; output++) data[output * rows + to] = matrix.data[from + output]!;
    }
  }
  const made: Constant = { kind: 'float', dims: [outputs, rows], data };
  turnedBefore.set(matrix, (turnedBefore.get(matrix) ?? new Map<number, Constant>()).set(pixels, made));
  return made;
}

/** By domain and name. */
export const OWN_OPERATORS: ReadonlyMap<string, Operator> = new Map([[DENSE, denseOfFlattened]]);
