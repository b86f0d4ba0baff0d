/** Shapes and orders of values, and what is put beside or around them. */
import { NotSupported } from '../../onnx/importing/value.js';
import { type Call, onnxType, operator, type Translation, type Translations } from './call.js';

/** `self` under other names. */
function pass(call: Call): string {
  return call.node('Identity', [call.optionalTensor('self') || call.tensor('input')]);
}

function dropout(call: Call): string {
  if (call.boolean('train', true) && call.number('p', 0.5) !== 0) {
    throw new NotSupported('it is in training mode; export model.eval()');
  }
  return pass(call);
}

/** A change of type among floats is none here. */
const cast: Translation = (call) => castTo(call, call.scalarType('dtype'));

/** @param type `ScalarType`; null: the type that it has */
function castTo(call: Call, type: number | null): string {
  if (type === null || type === call.typeOf('self')) return pass(call);
  const to = onnxType(type);
  if (to === undefined) throw new NotSupported(`it makes values of type ${type}`);
  return call.node('Cast', [call.tensor('self')], { to });
}

/** A size of 0 does not stand for another one. */
function reshape(call: Call): string {
  return call.node('Reshape', [call.tensor('self'), call.sizes(call.isLeftOut('size') ? 'shape' : 'size')], {
    allowzero: 1,
  });
}

/** In the shape of another value. */
function asOther(op: 'Reshape' | 'Expand'): Translation {
  return (call) => call.node(op, [call.tensor('self'), call.node('Shape', [call.tensor('other')])]);
}

/** Axes from `start_dim` to `end_dim` are one. Those around it stay, whatever their size. */
function flatten(call: Call): string {
  const start = call.axis('start_dim', 'self', 0);
  const end = call.axis('end_dim', 'self', -1);
  return start === end ? pass(call) : between(call, start, () => call.integers([-1]), end + 1);
}

function unflatten(call: Call): string {
  const axis = call.axis('dim', 'self');
  return between(call, axis, () => call.sizes('sizes'), axis + 1);
}

/** With other sizes in place of those from `start` to `end`. */
function between(call: Call, start: number, sizes: () => string, end: number): string {
  const x = call.tensor('self');
  const around = [sizesBetween(call, x, 0, start), sizes(), sizesBetween(call, x, end, call.rank('self'))];
  return call.node('Reshape', [x, call.node('Concat', around, { axis: 0 })]);
}

function sizesBetween(call: Call, x: string, start: number, end: number): string {
  return call.node('Shape', [x], { start, end });
}

function permute(call: Call): string {
  const rank = call.rank('self');
  return transposed(
    call,
    call.numbers('dims').map((axis) => (axis < 0 ? axis + rank : axis)),
  );
}

function transposed(call: Call, perm: readonly number[]): string {
  return call.node('Transpose', [call.tensor('self')], { perm });
}

function swap(first: string, second: string): Translation {
  return (call) => {
    const perm = call.dims('self').map((_, axis) => axis);
    const [a, b] = [call.axis(first, 'self'), call.axis(second, 'self')];
    return transposed(call, perm.with(a, b).with(b, a));
  };
}

function turned(call: Call): string {
  return transposed(call, call.rank('self') < 2 ? [0] : [1, 0]);
}

/** An axis that has several values stays. */
function squeeze(call: Call): string {
  const dims = call.dims('self');
  const asked = call.isLeftOut('dim') ? [...dims.keys()] : call.numbers('dim');
  const axes = asked.map((axis) => (axis < 0 ? axis + dims.length : axis)).filter((axis) => dims[axis] === 1);
  if (axes.length === 0) return pass(call);
  return call.node('Squeeze', [call.tensor('self'), call.integers(axes)]);
}

/** `-1` keeps a size, which 1 does in ONNX. */
function expand(call: Call): string {
  const sizes = call.node('Max', [call.sizes('size'), call.integers([1], [1])]);
  return call.node('Expand', [call.tensor('self'), sizes]);
}

/** Fewer repeats than axes are those of the last axes. */
function tile(call: Call): string {
  const repeats = call.numbers('dims');
  const missing = call.rank('self') - repeats.length;
  return repeated(call, call.integers([...new Array<number>(Math.max(0, missing)).fill(1), ...repeats]));
}

/** More repeats than axes are axes in front. */
function repeated(call: Call, repeats: string): string {
  const missing = (call.dimsOf(call.outputs[0] ?? '').length || 0) - call.rank('self');
  const x = call.tensor('self');
  const front = Array.from({ length: missing }, (_, axis) => axis);
  return call.node('Tile', [missing > 0 ? call.node('Unsqueeze', [x, call.integers(front)]) : x, repeats]);
}

/** Each tensor along an axis of its own, repeated along those of the others. */
function meshgrid(call: Call): string[] {
  const parts = call.tensors('tensors');
  const rank = parts.length;
  const shape = call.node(
    'Concat',
    parts.map((part) => call.node('Shape', [call.node('Reshape', [part, call.integers([-1])])])),
    { axis: 0 },
  );
  const grids = parts.map((part, axis) => {
    const sizes = Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1));
    return call.node('Expand', [call.node('Reshape', [part, call.integers(sizes)]), shape]);
  });
  const indexing = call.string('indexing', 'ij');
  if (indexing === 'ij' || rank < 2) return grids;
  if (indexing !== 'xy') throw new NotSupported(`its indexing is ${indexing}`);
  const perm = parts.map((_, axis) => (axis < 2 ? 1 - axis : axis));
  return grids.map((grid) => call.node('Transpose', [grid], { perm }));
}

const concat: Translation = (call) => call.node('Concat', call.tensors('tensors'), { axis: call.number('dim', 0) });

function stack(call: Call): string {
  const axis = call.number('dim', 0);
  const parts = call.tensors('tensors').map((part) => call.node('Unsqueeze', [part, call.integers([axis])]));
  return call.node('Concat', parts, { axis });
}

const PAD_MODES: Readonly<Record<string, string>> = {
  circular: 'wrap',
  constant: 'constant',
  reflect: 'reflect',
  replicate: 'edge',
};

/** PyTorch lists the last axis first. */
function pad(usualMode: string): Translation {
  return (call) => {
    const mode = PAD_MODES[call.string('mode', usualMode)];
    if (mode === undefined) throw new NotSupported(`its mode is ${call.string('mode', usualMode)}`);
    const sizes = call.numbers(call.isLeftOut('pad') ? 'padding' : 'pad');
    const rank = call.rank('self');
    const around = (side: 0 | 1) => Array.from({ length: rank }, (_, axis) => sizes[2 * (rank - 1 - axis) + side] ?? 0);
    const value = call.float(call.number('value', 0));
    return call.node('Pad', [call.tensor('self'), call.integers([...around(0), ...around(1)]), value], { mode });
  };
}

/** Groups of channels take turns. */
function channelShuffle(call: Call): string {
  const [, channels] = call.dims('self');
  const groups = call.number('groups');
  const x = call.tensor('self');
  if (channels == null) throw new NotSupported('its number of channels depends on the image');
  const rest = sizesBetween(call, x, 2, call.rank('self'));
  const first = sizesBetween(call, x, 0, 1);
  const shape = (middle: readonly number[]) => call.node('Concat', [first, call.integers(middle), rest], { axis: 0 });
  const apart = call.node('Reshape', [x, shape([groups, channels / groups])]);
  const perm = [0, 2, 1, ...Array.from({ length: call.rank('self') - 2 }, (_, i) => i + 3)];
  return call.node('Reshape', [call.node('Transpose', [apart], { perm }), shape([channels])]);
}

function size(call: Call): string {
  const axis = call.axis('dim', 'self');
  return call.node('Gather', [call.node('Shape', [call.tensor('self')]), call.integers([axis], [])], { axis: 0 });
}

export const moving: Translations = {
  _to_copy: cast,
  _unsafe_view: reshape,
  alias: pass,
  alpha_dropout: dropout,
  cat: concat,
  channel_shuffle: channelShuffle,
  clone: pass,
  concat,
  constant_pad_nd: pad('constant'),
  contiguous: pass,
  detach: pass,
  dropout,
  expand,
  expand_as: asOther('Expand'),
  feature_dropout: dropout,
  flatten,
  lift_fresh_copy: pass,
  meshgrid,
  native_channel_shuffle: channelShuffle,
  pad: pad('constant'),
  permute,
  pixel_shuffle: operator('DepthToSpace', 'self', (call) => ({
    blocksize: call.number('upscale_factor'),
    mode: 'CRD',
  })),
  reflection_pad2d: pad('reflect'),
  repeat: (call) => repeated(call, call.sizes('repeats')),
  replication_pad2d: pad('replicate'),
  reshape,
  reshape_as: asOther('Reshape'),
  squeeze,
  stack,
  swapaxes: swap('axis0', 'axis1'),
  sym_size: size,
  t: turned,
  tile,
  to: cast,
  transpose: swap('dim0', 'dim1'),
  type_as: (call) => castTo(call, call.typeOf('other')),
  unflatten,
  unsqueeze: (call) => call.node('Unsqueeze', [call.tensor('self'), call.integers([call.number('dim')])]),
  view: reshape,
  view_as: asOther('Reshape'),
};

/** Operators that keep the memory of their first input: to write into one is to write into the other. */
export const VIEWS: ReadonlySet<string> = new Set(
  `alias chunk contiguous detach dropout expand expand_as feature_dropout flatten narrow permute reshape reshape_as select
   slice split split_with_sizes squeeze swapaxes t to transpose type_as unbind unflatten unsqueeze view view_as`.split(
    /\s+/,
  ),
);
