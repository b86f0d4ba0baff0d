/** Resizing in ONNX. */
import type { ResizeAttrs } from '../operations/resize.js';
import type { Constants } from './constants.js';
import type { OnnxNode } from './proto.js';

/** A target size is joined to the batch and the channels that the model meets. */
export function resize(output: string, input: string, attrs: ResizeAttrs, constants: Constants): OnnxNode[] {
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
