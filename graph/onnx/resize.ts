/** Resizing in ONNX. */
import { GraphError } from '../graph-error.js';
import { type ResizeAttrs, resizeWeights } from '../operations/resize.js';
import type { Constants } from './constants.js';
import type { OnnxNode } from './proto.js';

/**
 * A target size is joined to the batch and the channels that the model meets.
 *
 * @param shape of the input, null for sizes that depend on the image; for what opset 17 does not have
 * @throws GraphError `UNKNOWN_OPERATION` for what opset 17 does not have, of images of any size
 */
export function resize(
  output: string,
  input: string,
  attrs: ResizeAttrs,
  shape: () => readonly (number | null)[],
  constants: Constants,
): OnnxNode[] {
  if (attrs.antialias || NEWER.includes(attrs.coordinates)) return byMatrices(output, input, attrs, shape(), constants);
  const { size, scale = [1, 1], mode, coordinates, rounding, cubic, excludeOutside } = attrs;
  const attributes = {
    mode: { string: mode },
    coordinate_transformation_mode: { string: coordinates },
    nearest_mode: { string: rounding ?? 'round_prefer_floor' },
    cubic_coeff_a: { float: cubic ?? -0.75 },
    exclude_outside: excludeOutside ? 1 : 0,
  };
  // An operand that is left out has no name. The second is the part to resize, which no mode here has.
  const none = '';
  if (size === undefined) {
    const scales = constants.floats(`scales ${scale.join(' ')}`, [4], [1, 1, ...scale]);
    return [{ op: 'Resize', inputs: [input, none, scales], output, attributes }];
  }
  return [
    { op: 'Shape', inputs: [input], output: `${output}/planes`, attributes: { start: 0, end: 2 } },
    {
      op: 'Concat',
      inputs: [`${output}/planes`, constants.vector(size)],
      output: `${output}/size`,
      attributes: { axis: 0 },
    },
    { op: 'Resize', inputs: [input, none, none, `${output}/size`], output, attributes },
  ];
}

/** Coordinates that opset 17 does not have, or whose region it wants as an operand that runtimes treat differently. */
const NEWER: readonly string[] = [
  'half_pixel_symmetric',
  'pytorch_nearest',
  'tf_crop_and_resize',
] satisfies ResizeAttrs['coordinates'][];

/** What resizing does to an axis is a product with a matrix. */
function byMatrices(
  output: string,
  input: string,
  attrs: ResizeAttrs,
  [, height = null, width = null]: readonly (number | null)[],
  constants: Constants,
): OnnxNode[] {
  if (height === null || width === null) {
    const how = attrs.antialias ? 'an antialiased resize' : `a resize of ${attrs.coordinates}`;
    throw new GraphError('UNKNOWN_OPERATION', `${output}: ${how} of images of any size cannot be written as ONNX`, {
      hint: 'Convert with a fixed image size (--size).',
    });
  }
  const rows = weightMatrix(height, 0, attrs);
  const columns = weightMatrix(width, 1, attrs);
  const transposed = rowMajor(columns.size, columns.pixels, (row, column) => columns.at(column, row));
  const down = constants.floats(`${output}/rows`, [rows.pixels, rows.size], rowMajor(rows.pixels, rows.size, rows.at));
  const across = constants.floats(`${output}/columns`, [columns.size, columns.pixels], transposed);
  return [
    { op: 'MatMul', inputs: [down, input], output: `${output}/resized rows` },
    { op: 'MatMul', inputs: [`${output}/resized rows`, across], output },
  ];
}

interface WeightMatrix {
  /** Pixels of the output along the axis. */
  pixels: number;
  /** Pixels of the input. */
  size: number;
  at(pixel: number, from: number): number;
}

function weightMatrix(size: number, axis: 0 | 1, attrs: ResizeAttrs): WeightMatrix {
  const weights = resizeWeights(size, axis, attrs);
  const at = (pixel: number, wanted: number) => {
    const { from, weights: own } = weights[pixel]!;
    return from.reduce((sum, each, i) => sum + (each === wanted ? own[i]! : 0), 0);
  };
  return { pixels: weights.length, size, at };
}

function rowMajor(rows: number, columns: number, at: (row: number, column: number) => number): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns));
}
