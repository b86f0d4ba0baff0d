/**
 * The allow-list: every Python name that a checkpoint may mention, and the inert value that replaces a call of it.
 *
 * A file with any other name is rejected, because a state dict does not need it. A call runs only a function of this
 * file, on inert values. The names follow `torch/_utils.py`, `torch/storage.py` and `torch/_tensor.py`, and include
 * metadata that training scripts commonly store beside the state dict.
 */
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
  names('torch', 'ComplexFloatStorage ComplexDoubleStorage QInt8Storage QUInt8Storage QInt32Storage QUInt4x2Storage'),
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

/** Kept as markers. A CNN's weights cannot be tensors of these kinds, and are refused if they are. */
const INERT: ReadonlySet<string> = new Set([
  ...STORAGE_DTYPES.keys(),
  ...UNTYPED_STORAGES,
  ...TORCH_DTYPES.keys(),
  ...UNSUPPORTED_STORAGES,
  ...names('torch', 'complex64 complex128 uint16 uint32 uint64 qint8 quint8 qint32 quint4x2'),
  ...names('torch', 'per_tensor_affine per_channel_affine sparse_coo sparse_csr'),
  ...names('torch.serialization', '_get_layout'),
  ...names('torch', 'device Tensor memory_format Generator layout contiguous_format strided'),
  ...names('torch.nn.parameter', 'Parameter Buffer'),
  ...names('torch._utils', '_rebuild_sparse_tensor _rebuild_qtensor _rebuild_meta_tensor_no_storage'),
  ...names('torch._utils', '_rebuild_device_tensor_from_numpy _rebuild_wrapper_subclass'),
  ...names('collections', 'Counter deque'),
  ...['builtins', '__builtin__'].flatMap((module) =>
    names(
      module,
      'set frozenset list tuple dict int float bool complex str unicode bytes bytearray slice range object',
    ),
  ),
  ...names('_codecs', 'encode'),
  ...['copyreg', 'copy_reg'].flatMap((module) => names(module, '_reconstructor')),
  ...['numpy.core.multiarray', 'numpy._core.multiarray'].flatMap((module) => names(module, 'scalar _reconstruct')),
  ...names('numpy', 'dtype ndarray bool_ float32 float64 int32 int64'),
  ...names('numpy.dtypes', 'Float16DType Float32DType Float64DType Int32DType Int64DType BoolDType'),
  ...names('argparse', 'Namespace'),
  ...names('types', 'SimpleNamespace'),
  ...names('datetime', 'datetime date time timedelta timezone'),
  ...names('pathlib', 'Path PosixPath WindowsPath PurePosixPath PureWindowsPath'),
  ...names('pathlib._local', 'PosixPath WindowsPath PurePosixPath PureWindowsPath'),
  ...names('decimal', 'Decimal'),
  ...names('fractions', 'Fraction'),
  ...names('uuid', 'UUID'),
  ...names('easydict', 'EasyDict'),
  ...names('yacs.config', 'CfgNode'),
  ...names('omegaconf.dictconfig', 'DictConfig'),
  ...names('omegaconf.listconfig', 'ListConfig'),
  ...names('omegaconf.base', 'ContainerMetadata Metadata'),
  ...names('omegaconf.nodes', 'AnyNode BooleanNode FloatNode IntegerNode StringNode'),
  ...names('typing', 'Any'),
  ...names('pytorch_lightning.utilities.parsing', 'AttributeDict'),
  ...names('lightning.fabric.utilities.data', 'AttributeDict'),
  ...names('lightning_fabric.utilities.data', 'AttributeDict'),
]);

export function isKnown(path: string): boolean {
  return CONSTRUCTORS.has(path) || INERT.has(path);
}

/**
 * Whether only a network that was saved as a whole needs the class or function. `torch.nn.parameter` is excluded: tensors
 * use it. Objects of these classes keep their attributes; nothing of them is called.
 */
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
function rebuildFromType(
  rebuild: PythonValue | undefined,
  args: PythonValue | undefined,
  name: PythonName,
): PythonValue {
  const isTensorCall = rebuild instanceof PythonName && rebuild.path.startsWith('torch._utils._rebuild');
  return isTensorCall && Array.isArray(args) ? construct(rebuild, args) : new Opaque(name);
}

function names(module: string, list: string): string[] {
  return list.split(' ').map((name) => `${module}.${name}`);
}
