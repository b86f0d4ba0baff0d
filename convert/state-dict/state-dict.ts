/** Finds the state dict in a checkpoint, and removes the prefixes that training wrappers add to names. */
import { quoted, shown } from '../../base/index.js';
import { ConvertError } from '../convert-error.js';
import { Opaque, PythonDict, PythonObject, type PythonValue, TensorRef } from '../pickle/python-values.js';

/** Keys under which training scripts store the state dict, in the order of search. */
const WRAPPERS = ['state_dict', 'model_state_dict', 'model', 'net'] as const;
/** Real files have up to two, `{'model': {'state_dict': …}}`. */
const MAX_DEPTH = 4;
/** DataParallel and DistributedDataParallel; Lightning and plain attributes; torch.compile. */
const PREFIXES = ['module.', 'model.', '_orig_mod.'] as const;
/** What training scripts store beside the weights: it may hold as many tensors. */
const NO_WEIGHTS = /optim|sched|scaler|(^|_)(args|config|hparams|metrics?)$/i;
/** Another dict with at least this share of the tensors is another copy of the weights, such as an average of them. */
const COPY_SHARE = 0.5;

/**
 * Several copies of the weights, such as `model` and `model_ema`, are all given, each under its key.
 * @returns the tensors by their state-dict names, prefixes included; entries that are not tensors are left out
 * @throws ConvertError `CHECKPOINT_NO_STATE_DICT`, `CHECKPOINT_EMPTY`
 */
export function findStateDict(root: PythonValue, label: string): Map<string, TensorRef> {
  const isHolder = root instanceof PythonDict || root instanceof PythonObject;
  if (!isHolder) {
    throw new ConvertError('CHECKPOINT_NO_STATE_DICT', `${label}: holds ${describe(root)}, a state dict is needed`);
  }
  const tensors = new StateDictSearch(label).in(root, MAX_DEPTH);
  if (tensors.size === 0) {
    const message = `${label}: no tensors at the top, nor under ${WRAPPERS.map((key) => `'${key}'`).join(', ')}`;
    throw new ConvertError('CHECKPOINT_EMPTY', message, {
      hint: "Save the weights with, in Python: torch.save(model.state_dict(), 'weights.pth')",
    });
  }
  for (const name of tensors.keys()) checkTensorName(name, label);
  return tensors;
}

class StateDictSearch {
  readonly #label: string;
  /** Dicts may contain each other: each is looked at once. */
  readonly #seen = new Set<PythonValue>();

  constructor(label: string) {
    this.#label = label;
  }

  in(value: PythonValue, depth: number): Map<string, TensorRef> {
    if (value instanceof PythonObject) return moduleTensors(value, this.#label);
    if (!(value instanceof PythonDict) || depth < 0 || this.#seen.has(value)) return new Map();
    this.#seen.add(value);
    const wrapper = WRAPPERS.find((key) => isHolder(value.get(key)));
    if (wrapper !== undefined) return this.#unwrapped(value, wrapper, depth);
    const direct = this.#tensorsIn(value);
    return direct.size > 0 ? direct : joined(this.#nested(value, depth));
  }

  #unwrapped(dict: PythonDict, wrapper: string, depth: number): Map<string, TensorRef> {
    const chosen = this.in(dict.get(wrapper)!, depth - 1);
    const copies = [...this.#nested(dict, depth)].filter(
      ([, { size }]) => size >= COPY_SHARE * chosen.size && size > 0,
    );
    return copies.length === 0 ? chosen : joined(new Map([[wrapper, chosen], ...copies]));
  }

  /** The tensors under each key that holds some. */
  #nested({ entries }: PythonDict, depth: number): Map<string, Map<string, TensorRef>> {
    const nested = new Map<string, Map<string, TensorRef>>();
    for (const [key, value] of entries) {
      if (typeof key === 'string' && !NO_WEIGHTS.test(key)) nested.set(key, this.in(value, depth - 1));
    }
    return nested;
  }

  #tensorsIn({ entries }: PythonDict): Map<string, TensorRef> {
    const tensors = new Map<string, TensorRef>();
    for (const [name, value] of entries) {
      if (typeof name !== 'string') continue;
      if (value instanceof TensorRef) tensors.set(name, value);
      else refuseOtherTensors(name, value, this.#label);
    }
    return tensors;
  }
}

function isHolder(value: PythonValue | undefined): boolean {
  return value instanceof PythonDict || value instanceof PythonObject;
}

function joined(dicts: ReadonlyMap<string, ReadonlyMap<string, TensorRef>>): Map<string, TensorRef> {
  return new Map([...dicts].flatMap(([key, tensors]) => [...tensors].map(([name, ref]) => [`${key}.${name}`, ref])));
}

function refuseOtherTensors(name: string, value: PythonValue, label: string): void {
  if (!(value instanceof Opaque) || !value.name.path.startsWith('torch._utils._rebuild')) return;
  const message = `${label}: tensor ${quoted(name)} is of a kind that cannot be converted (${value.name.path}: sparse, quantised or meta)`;
  throw new ConvertError('TENSOR_INVALID', message);
}

/** `module.`, `model.` and `_orig_mod.`, repeatedly, as long as all names begin with the same prefix. */
export function wrapperPrefix(names: readonly string[]): string {
  let length = 0;
  for (let next = commonPrefix(names, 0); next !== undefined; next = commonPrefix(names, length)) length += next.length;
  return names[0]?.slice(0, length) ?? '';
}

function commonPrefix(names: readonly string[], from: number): string | undefined {
  return PREFIXES.find((prefix) => names.length > 0 && names.every((name) => name.startsWith(prefix, from)));
}

function describe(value: PythonValue): string {
  if (value instanceof TensorRef) return 'a single tensor';
  if (value instanceof Opaque) return `an object of ${value.name.path}`;
  if (value instanceof PythonDict) return 'dicts within dicts';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return `a value of type ${value === null ? 'None' : typeof value}`;
}

// A saved network's tensors by the names of its `state_dict()`; modules keep tensors and children under fixed names.

/** Modules may contain each other in a forged file. ResNet-152 has 600 modules, five levels deep. */
const MAX_MODULES = 100_000;
const MAX_MODULE_DEPTH = 64;

/** @throws ConvertError `CHECKPOINT_TOO_LARGE` for too many modules, or modules that contain themselves */
function moduleTensors(root: PythonObject, label: string): Map<string, TensorRef> {
  const tensors = new Map<string, TensorRef>();
  const open: { object: PythonObject; prefix: string; depth: number }[] = [{ object: root, prefix: '', depth: 0 }];
  for (let count = 0; open.length > 0; count++) {
    const { object, prefix, depth } = open.pop()!;
    if (count > MAX_MODULES || depth > MAX_MODULE_DEPTH) {
      throw new ConvertError('CHECKPOINT_TOO_LARGE', `${label}: modules within modules at ${shown(prefix)}`);
    }
    const children: typeof open = [];
    for (const [name, value] of members(object)) {
      if (value instanceof TensorRef) tensors.set(prefix + name, value);
      else if (value instanceof PythonObject)
        children.push({ object: value, prefix: `${prefix}${name}.`, depth: depth + 1 });
    }
    // The first child is the next: tensors come in the order of the modules.
    open.push(...children.reverse());
  }
  return tensors;
}

/** `_parameters`, `_buffers` and `_modules` of a pickled module. TorchScript has them all among the attributes. */
function* members({ attributes }: PythonObject): Generator<[string, PythonValue]> {
  if (attributes === null) return;
  const parts = ['_parameters', '_buffers', '_modules'].map((key) => attributes.get(key));
  const isPickled = parts.some((part) => part instanceof PythonDict);
  const passing = attributes.get('_non_persistent_buffers_set');
  for (const part of isPickled ? parts : [attributes]) {
    if (!(part instanceof PythonDict)) continue;
    for (const [name, value] of part.entries) {
      if (typeof name === 'string' && !(Array.isArray(passing) && passing.includes(name))) yield [name, value];
    }
  }
}

/** The weights format has the same limit. PyTorch module paths have tens of characters. */
const MAX_NAME_LENGTH = 512;

/** @throws ConvertError `TENSOR_NAME` if the name is empty, too long or contains control characters */
export function checkTensorName(name: string, label: string): void {
  if (name !== '' && name.length <= MAX_NAME_LENGTH && !/\p{Cc}/u.test(name)) return;
  throw new ConvertError('TENSOR_NAME', `${label}: ${quoted(name.slice(0, 40))} is not a name for a tensor`);
}
