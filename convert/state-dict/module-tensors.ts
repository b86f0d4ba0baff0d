/**
 * The tensors of a network that was saved as a whole, by the names that its `state_dict()` would give them. Its classes are
 * known by name only, and none of them is needed: every module keeps its tensors and its children under fixed names.
 */
import { shown } from '../../base/index.js';
import { ConvertError } from '../convert-error.js';
import { PythonDict, PythonObject, type PythonValue, TensorRef } from '../pickle/python-values.js';

/** Modules may contain each other in a forged file. ResNet-152 has 600 modules, five levels deep. */
const MAX_MODULES = 100_000;
const MAX_DEPTH = 64;

/** @throws ConvertError `CHECKPOINT_TOO_LARGE` for more modules than any network has, or modules that contain themselves */
export function moduleTensors(root: PythonObject, label: string): Map<string, TensorRef> {
  const tensors = new Map<string, TensorRef>();
  const open: { object: PythonObject; prefix: string; depth: number }[] = [{ object: root, prefix: '', depth: 0 }];
  for (let count = 0; open.length > 0; count++) {
    const { object, prefix, depth } = open.pop()!;
    if (count > MAX_MODULES || depth > MAX_DEPTH) {
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
