/** Constants that a program makes, reductions, maps in another size, and parts of values. */
import { binaryExponent } from '../../../base/math/index.js';
import { NotSupported } from '../../onnx/importing/value.js';
import { type Call, onnxType, operator, type Translation, type Translations } from './call.js';

const FLOAT = 1;

/** One value, or the one that is given, in the sizes that the program lists or those of another value. */
function filled(value: number | null, sizes: (call: Call) => string): Translation {
  return (call) => {
    const given = () => call.scalar(call.isLeftOut('fill_value') ? 'value' : 'fill_value');
    return call.node('Expand', [typed(call, value === null ? given() : call.float(value), 'self'), sizes(call)]);
  };
}

function full(value: number | null): Translation {
  return filled(value, (call) => call.sizes('size'));
}

function fullLike(value: number | null): Translation {
  return filled(value, (call) => call.node('Shape', [call.tensor('self')]));
}

/** In the type that is asked for, or that of another value. */
function typed(call: Call, filler: string, like: string): string {
  const type = call.scalarType('dtype') ?? call.typeOf(like);
  return call.node('Cast', [filler], { to: type === null ? FLOAT : (onnxType(type) ?? FLOAT) });
}

function range(call: Call): string {
  const start = call.isLeftOut('start') ? call.integers([0], []) : call.scalar('start');
  const step = call.isLeftOut('step') ? call.integers([1], []) : call.scalar('step');
  const type = call.scalarType('dtype');
  const values = call.node('Range', [start, call.scalar('end'), step]);
  return type === null ? values : call.node('Cast', [values], { to: onnxType(type) ?? FLOAT });
}

function cumulativeSum(call: Call): string {
  const type = call.scalarType('dtype');
  const x = call.tensor('self');
  const values = type === null ? x : call.node('Cast', [x], { to: onnxType(type) ?? FLOAT });
  return call.node('CumSum', [values, call.integers([call.axis('dim', 'self')], [])]);
}

function reduction(op: string): Translation {
  return (call) => {
    const keepdims = Number(call.boolean('keepdim', false));
    if (call.isLeftOut('dim')) throw new NotSupported('it reduces all axes, that of the batch among them');
    const axes = call.numbers('dim').map((axis) => (axis < 0 ? axis + call.rank('self') : axis));
    return call.node(op, [call.tensor('self'), call.integers(axes)], { keepdims });
  };
}

/** The root of the sum of squares, or the sum of absolute values. */
function norm(order: string): Translation {
  return (call) => {
    const p = call.isLeftOut(order) ? 2 : call.number(order);
    if (p !== 1 && p !== 2) throw new NotSupported(`its order is ${p}`);
    return reduction(p === 1 ? 'ReduceL1' : 'ReduceL2')(call);
  };
}

/** What PyTorch's resizes with antialiasing do beside it. */
const ANTIALIASED = { antialias: 1, cubic_coeff_a: { float: -0.5 }, exclude_outside: 1 };

function resize(mode: 'nearest' | 'linear' | 'cubic', isAntialiased = false): Translation {
  return (call) => {
    const isAligned = call.boolean('align_corners', false);
    const x = call.optionalTensor('input') || call.tensor('self');
    const size = call.isLeftOut('output_size') ? null : call.sizes('output_size');
    const all = (sizes: string) =>
      call.node('Concat', [call.node('Shape', [x], { start: 0, end: 2 }), sizes], { axis: 0 });
    const scale = size === null ? call.numbers('scale_factors') : [];
    const target = size === null ? [] : ['', '', all(size)];
    const smooth = isAligned ? 'align_corners' : 'half_pixel';
    // Powers of two give the same pixel in every runtime.
    const isPlain = scale.length > 0 && scale.every((factor) => factor === 2 ** binaryExponent(factor));
    const coordinates = mode !== 'nearest' ? smooth : isPlain ? 'asymmetric' : 'pytorch_nearest';
    return call.node('Resize', [x, ...target], {
      mode,
      // As an attribute a factor stays as exact as PyTorch has it.
      ...(size === null ? { scales: { floats: [1, 1, ...scale] } } : {}),
      coordinate_transformation_mode: coordinates,
      nearest_mode: 'floor',
      ...(isAntialiased ? ANTIALIASED : {}),
    });
  };
}

export const making: Translations = {
  _upsample_bicubic2d_aa: resize('cubic', true),
  _upsample_bilinear2d_aa: resize('linear', true),
  amax: reduction('ReduceMax'),
  amin: reduction('ReduceMin'),
  arange: range,
  cumsum: cumulativeSum,
  fill: fullLike(null),
  full: full(null),
  full_like: fullLike(null),
  linalg_vector_norm: norm('ord'),
  mean: reduction('ReduceMean'),
  new_full: full(null),
  new_ones: full(1),
  new_zeros: full(0),
  norm: norm('p'),
  ones: full(1),
  ones_like: fullLike(1),
  scalar_tensor: (call) => call.scalar('s'),
  sum: reduction('ReduceSum'),
  upsample_bicubic2d: resize('cubic'),
  upsample_bilinear2d: resize('linear'),
  upsample_nearest2d: resize('nearest'),
  zero: fullLike(0),
  zeros: full(0),
  zeros_like: fullLike(0),
};

/** Parts along an axis, as long as they were when the program was exported. */
function split(call: Call): string[] {
  const axis = call.axis('dim', 'self', 0);
  let start = 0;
  return call.outputs.map((output) => {
    const size = call.dimsOf(output)[axis];
    if (size == null) throw new NotSupported('the size of its parts depends on the image');
    start += size;
    return sliced(call, axis, call.integers([start - size]), call.integers([start]));
  });
}

function unbind(call: Call): string[] {
  const axis = call.axis('dim', 'self', 0);
  return call.outputs.map((_, i) => call.node('Gather', [call.tensor('self'), call.integers([i], [])], { axis }));
}

function slice(call: Call): string {
  const axis = call.axis('dim', 'self', 0);
  return sliced(call, axis, call.size('start', 0), call.size('end', END), call.number('step', 1));
}

/** Beyond any axis. */
const END = Number.MAX_SAFE_INTEGER;

function narrow(call: Call): string {
  const start = call.size('start', 0);
  return sliced(call, call.axis('dim', 'self'), start, call.node('Add', [start, call.size('length', 0)]));
}

function sliced(call: Call, axis: number, start: string, end: string, step = 1): string {
  return call.node('Slice', [call.tensor('self'), start, end, call.integers([axis]), call.integers([step])]);
}

/** What goes over the end comes in at the front. */
function roll(call: Call): string {
  const dims = call.dims('self');
  const shifts = call.numbers('shifts');
  const axes = call.numbers('dims', []).map((axis) => (axis < 0 ? axis + dims.length : axis));
  if (axes.length !== shifts.length) throw new NotSupported('it rolls all axes as one');
  let value = call.tensor('self');
  axes.forEach((axis, i) => {
    const part = (start: number, end: number) =>
      call.node('Slice', [value, call.integers([start]), call.integers([end]), call.integers([axis])]);
    const size = dims[axis];
    // The cut counted from the end holds for every size that is longer.
    const shift = size == null ? shifts[i]! : shifts[i]! % size;
    if (shift !== 0) value = call.node('Concat', [part(-shift, END), part(0, -shift)], { axis });
  });
  return value === call.tensor('self') ? call.node('Identity', [value]) : value;
}

/** By one tensor of positions along one axis. */
function index(call: Call): string {
  const indices = call.optionalTensors('indices');
  const given = indices.flatMap((value, axis) => (value === '' ? [] : [axis]));
  const [axis] = given;
  if (axis === undefined || given.length > 1) throw new NotSupported(`it has ${given.length} tensors of positions`);
  return call.node('Gather', [call.tensor('self'), indices[axis]!], { axis });
}

function axisOf(call: Call) {
  return { axis: call.axis('dim', 'self') };
}

export const taking: Translations = {
  chunk: split,
  embedding: operator('Gather', 'weight indices', () => ({ axis: 0 })),
  index,
  index_select: operator('Gather', 'self index', axisOf),
  narrow,
  roll,
  select: (call) => call.node('Gather', [call.tensor('self'), call.scalar('index')], axisOf(call)),
  slice,
  split,
  split_with_sizes: split,
  unbind,
};
