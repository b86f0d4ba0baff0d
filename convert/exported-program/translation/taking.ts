/** Parts of values: slices, rows by their positions. */
import { NotSupported } from '../../onnx/importing/value.js';
import { type Call, operator, type Translations } from './call.js';

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
