/**
 * Every Python name that a checkpoint may mention, and the inert value that replaces a call of it. Any other name is
 * refused. A call runs only a function of this file, on inert values. The names follow `torch/_utils.py`,
 * `torch/storage.py`, `torch/_tensor.py`, and include metadata that training scripts store.
 */
import { asset, utf8 } from '#platform';
import { DTYPES, type Dtype } from '../dtype.js';
import { Opaque, PythonDict, PythonName, type PythonValue, TensorRef } from './python-values.js';

const STORAGE_DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['torch.DoubleStorage', 'float64'],
  ['torch.FloatStorage', 'float32'],
  ['torch.HalfStorage', 'float16'],
  ['torch.BFloat16Storage', 'bfloat16'],
  ['torch.LongStorage', 'int64'],
  ['torch.IntStorage', 'int32'],
  ['torch.ShortStorage', 'int16'],
  ['torch.CharStorage', 'int8'],
  ['torch.ByteStorage', 'uint8'],
  ['torch.BoolStorage', 'bool'],
]);
/** Storages that are found in checkpoints, but never hold a CNN's weights. */
const UNSUPPORTED_STORAGES = new Set(
  'ComplexFloatStorage ComplexDoubleStorage QInt8Storage QUInt8Storage QInt32Storage QUInt4x2Storage'
    .split(' ')
    .map((name) => `torch.${name}`),
);
/** Both count bytes. The tensor gives the dtype. */
const UNTYPED_STORAGES = new Set(['torch.storage.UntypedStorage', 'torch.UntypedStorage']);

const TORCH_DTYPES: ReadonlyMap<string, Dtype> = new Map(DTYPES.map((dtype) => [`torch.${dtype}`, dtype]));

/** The only call that copies its argument. */
const ORDERED_DICT = 'collections.OrderedDict';

/** Makes the value that replaces a call of a name; `args` are the positional arguments. */
type Construct = (args: readonly PythonValue[], name: PythonName) => PythonValue;

const opaque: Construct = (_args, name) => new Opaque(name);

const CONSTRUCTORS: ReadonlyMap<string, Construct> = new Map<string, Construct>([
  [ORDERED_DICT, ([pairs]) => dictFromPairs(pairs)],
  ['collections.defaultdict', () => new PythonDict()],
  ['torch._utils._rebuild_tensor', (args) => rebuildTensor(args)],
  ['torch._utils._rebuild_tensor_v2', (args) => rebuildTensor(args)],
  ['torch._utils._rebuild_tensor_v3', (args) => rebuildTensor(args, args[6])],
  ['torch._utils._rebuild_parameter', ([data], name) => data ?? new Opaque(name)],
  ['torch._utils._rebuild_parameter_with_state', ([data], name) => data ?? new Opaque(name)],
  ['torch._tensor._rebuild_from_type_v2', ([rebuild, , args], name) => rebuildFromType(rebuild, args, name)],
  // What TorchScript writes for typed lists and values.
  ...['build_intlist', 'build_doublelist', 'build_boollist', 'build_tensorlist', 'restore_type_tag'].map(
    (name): [string, Construct] => [`torch.jit._pickle.${name}`, ([value], called) => value ?? new Opaque(called)],
  ),
  ['torch.Size', ([sizes], name) => sizes ?? new Opaque(name)],
]);

/** Kept as markers, a module with its members in a line. */
const INERT_NAMES = utf8(asset('convert/pickle/inert-names.txt')!);

const INERT: ReadonlySet<string> = new Set([
  ...STORAGE_DTYPES.keys(),
  ...UNTYPED_STORAGES,
  ...TORCH_DTYPES.keys(),
  ...UNSUPPORTED_STORAGES,
  ...INERT_NAMES.trim()
    .split('\n')
    .flatMap((line) => {
      const [module, ...members] = line.split(' ');
      return members.map((member) => `${module}.${member}`);
    }),
]);

export function isKnown(path: string): boolean {
  return CONSTRUCTORS.has(path) || INERT.has(path);
}

/** Whether only a saved network needs the class, whose objects keep attributes. Tensors use `torch.nn.parameter`. */
export function isModuleClass(path: string): boolean {
  const places =
    /^(torch\.nn\.|torch\._C\._nn\.|torchvision\.(models|ops)\.|timm\.(models|layers)\.|torch\.fx\.|__torch__\.)/;
  return places.test(path) && !INERT.has(path);
}

/** The inert value that replaces a call of a known name. */
export function construct(name: PythonName, args: readonly PythonValue[]): PythonValue {
  return (CONSTRUCTORS.get(name.path) ?? opaque)(args, name);
}

/** Number of items that the call copies, so their total can be limited. */
export function copiedItems(name: PythonName, [first]: readonly PythonValue[]): number {
  return name.path === ORDERED_DICT && Array.isArray(first) ? first.length : 0;
}

/** Whether the storage is of an unsupported kind. Its tensors may be in the file if the model does not need them. */
export function isUnsupportedStorage(name: PythonValue | undefined): name is PythonName {
  return name instanceof PythonName && UNSUPPORTED_STORAGES.has(name.path);
}

/** dtype of a storage class; null for an untyped storage; undefined if the name is not a storage class. */
export function storageDtype(name: PythonValue | undefined): Dtype | null | undefined {
  if (!(name instanceof PythonName)) return undefined;
  return UNTYPED_STORAGES.has(name.path) ? null : STORAGE_DTYPES.get(name.path);
}

export function torchDtype(name: PythonValue): Dtype | undefined {
  return name instanceof PythonName ? TORCH_DTYPES.get(name.path) : undefined;
}

/** Old Python versions pickle an OrderedDict as a call with a list of pairs. */
function dictFromPairs(pairs: PythonValue | undefined): PythonDict {
  const dict = new PythonDict();
  if (!Array.isArray(pairs)) return dict;
  for (const pair of pairs) {
    if (Array.isArray(pair) && pair.length === 2) dict.entries.set(pair[0]!, pair[1]!);
  }
  return dict;
}

function rebuildTensor(args: readonly PythonValue[], dtype: PythonValue = null): TensorRef {
  const [storage = null, offset = null, shape = null, strides = null] = args;
  return new TensorRef(storage, offset, shape, strides, dtype);
}

/** `_rebuild_from_type_v2(rebuild, type, args, state)`: a tensor with attributes. Only the tensor is kept. */
function rebuildFromType(rebuild: PythonValue | undefined, args: PythonValue | undefined, name: PythonName) {
  const isTensorCall = rebuild instanceof PythonName && rebuild.path.startsWith('torch._utils._rebuild');
  return isTensorCall && Array.isArray(args) ? construct(rebuild, args) : new Opaque(name);
}
