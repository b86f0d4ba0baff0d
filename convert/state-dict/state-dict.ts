/** Finds the state dict in a checkpoint, and removes the prefixes that training wrappers add to names. */

import { quoted } from '../../errors/index.js';
import { ConvertError } from '../convert-error.js';
import { Opaque, PythonDict, type PythonValue, TensorRef } from '../pickle/python-values.js';
import { checkTensorName } from './tensor-name.js';

/**
 * Keys under which training scripts store the state dict, in the order of search. Averaged weights (`model_ema`,
 * `state_dict_ema`) are never chosen automatically: only their owner knows which weights are meant.
 */
export const WRAPPERS = ['state_dict', 'model_state_dict', 'model', 'net'] as const;
/** Real files have up to two, `{'model': {'state_dict': …}}`. A dict may contain itself, so a limit is needed. */
const MAX_WRAPPERS = 4;
/** DataParallel and DistributedDataParallel; Lightning and plain attributes; torch.compile. */
export const PREFIXES = ['module.', 'model.', '_orig_mod.'] as const;

/**
 * @param root value of the pickle
 * @param label file name, for messages
 * @returns the tensors by their state-dict names, prefixes included; entries that are not tensors are left out
 * @throws ConvertError `CHECKPOINT_NO_STATE_DICT`, `CHECKPOINT_EMPTY`
 */
export function findStateDict(root: PythonValue, label: string): Map<string, TensorRef> {
  const tensors = new Map<string, TensorRef>();
  for (const [name, value] of unwrap(root, label).entries) {
    if (typeof name !== 'string') continue;
    if (value instanceof TensorRef) {
      checkTensorName(name, label);
      tensors.set(name, value);
    } else if (value instanceof Opaque && value.name.path.startsWith('torch._utils._rebuild')) {
      throw new ConvertError(
        'TENSOR_INVALID',
        `${label}: tensor ${quoted(name)} is of a kind that cannot be converted (${value.name.path}: sparse, quantised or meta)`,
      );
    }
  }
  if (tensors.size === 0) {
    throw new ConvertError(
      'CHECKPOINT_EMPTY',
      `${label}: no tensors at the top, nor under ${WRAPPERS.map((key) => `'${key}'`).join(', ')}`,
      { hint: "Save the weights with, in Python: torch.save(model.state_dict(), 'weights.pth')" },
    );
  }
  return tensors;
}

/** Removes `module.`, `model.` and `_orig_mod.` repeatedly, as long as all names begin with the same prefix. */
export function withoutPrefixes<T>(tensors: ReadonlyMap<string, T>): Map<string, T> {
  const names = [...tensors.keys()];
  let length = 0;
  for (let next = commonPrefix(names, 0); next !== undefined; next = commonPrefix(names, length)) length += next.length;
  return new Map([...tensors].map(([name, tensor]) => [name.slice(length), tensor]));
}

function unwrap(root: PythonValue, label: string): PythonDict {
  let current = root;
  for (let depth = 0; depth < MAX_WRAPPERS; depth++) {
    if (!(current instanceof PythonDict)) break;
    const inner = wrapped(current);
    if (inner === undefined) return current;
    current = inner;
  }
  throw new ConvertError('CHECKPOINT_NO_STATE_DICT', `${label}: holds ${describe(current)}, a state dict is needed`);
}

function wrapped(dict: PythonDict): PythonDict | undefined {
  for (const key of WRAPPERS) {
    const value = dict.get(key);
    if (value instanceof PythonDict) return value;
  }
  return undefined;
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
