/** `functional.pad`: more entries before and after each axis. */
import { taken } from './gather.js';
import type { Layer, ModuleScope, Value } from './layer.js';
import { Misfit, type Operation, only, sizeOf, type Values } from './operation.js';
import type { Padding } from './window.js';

/** `constant`: the value. `reflect`: mirrored without the edge. `replicate`: the edge again. */
export type PadMode = 'constant' | 'reflect' | 'replicate';

export interface PadAttrs {
  /** `[before, after]` of each axis, without the batch. */
  padding: readonly (readonly [number, number])[];
  mode: PadMode;
  /** For `constant`. */
  value: number;
}

export const operation: Operation<'pad', PadAttrs> = {
  op: 'pad',
  outputShape(inputs, { padding, mode }) {
    const input = only(inputs);
    if (padding.length !== input.length) {
      throw new Misfit(`it pads ${padding.length} axes, [${input.join(', ')}] has ${input.length}`);
    }
    return input.map((size, i) => {
      const [before, after] = padding[i]!;
      const most = mode === 'reflect' ? size - 1 : Number.POSITIVE_INFINITY;
      if (Math.min(before, after) < 0 || Math.max(before, after) > most) {
        throw new Misfit(`it pads ${size} by ${before} and ${after}, which ${mode} cannot do`);
      }
      return before + size + after;
    });
  },
  reference: ([x], { padding, mode, value }) =>
    padding.reduce((values, [before, after], i) => padAxis(values, i + 1, { before, after, mode, value }), x!),
  onnx({ name, inputs: [x], constants }, { padding, mode, value }) {
    const pads = constants.vector([0, ...padding.map(([before]) => before), 0, ...padding.map(([, after]) => after)]);
    const inputs = [x, pads, ...(mode === 'constant' ? [constants.scalar(value)] : [])];
    return [
      { op: 'Pad', inputs, output: name, attributes: { mode: { string: mode === 'replicate' ? 'edge' : mode } } },
    ];
  },
};

interface AxisPadding {
  before: number;
  after: number;
  mode: PadMode;
  value: number;
}

function padAxis(x: Values, axis: number, { before, after, mode, value }: AxisPadding): Values {
  const size = x.shape[axis]!;
  const indices = paddedIndices(size, before, after, mode);
  if (mode !== 'constant') return taken(x, axis, indices);
  const padded = taken(x, axis, indices);
  const inner = sizeOf(x.shape.slice(axis + 1));
  const data = padded.data.map((kept, i) => {
    const position = (Math.floor(i / inner) % indices.length) - before;
    return position < 0 || position >= size ? value : kept;
  });
  return { shape: padded.shape, data };
}

/** For each entry of the padded axis, the entry that it repeats. For `constant`, any one outside. */
function paddedIndices(size: number, before: number, after: number, mode: PadMode): number[] {
  return Array.from({ length: before + size + after }, (_, i) => {
    const at = i - before;
    if (at >= 0 && at < size) return at;
    if (mode === 'reflect') return at < 0 ? -at : 2 * (size - 1) - at;
    return at < 0 ? 0 : size - 1;
  });
}

/** `nn.ZeroPad2d`, `nn.ReflectionPad2d`, `nn.ReplicationPad2d` of maps. */
export function pad2d([top, bottom, left, right]: Padding, mode: PadMode = 'constant', value = 0): Layer {
  const padding = [
    [0, 0],
    [top, bottom],
    [left, right],
  ] as const;
  return (module, x) => module.operation(operation, { padding, mode, value }, x);
}

/** Zeros after the end of each axis, in `module`'s `forward`. @param after entries for each axis, without the batch */
export function padEnd(module: ModuleScope, x: Value, after: readonly number[]): Value {
  const padding = after.map((entries) => [0, entries] as const);
  return module.functional('pad', operation, { padding, mode: 'constant', value: 0 }, [x], { spatial: null });
}
