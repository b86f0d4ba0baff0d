/** Stack, marks and memo of a pickle. Python's names are compared with an allow-list; calls become inert records. */

import { shown } from '../../base/index.js';
import { ConvertError } from '../convert-error.js';
import type { PickleInput } from './pickle-input.js';
import { construct, copiedItems, isKnown, isModuleClass, isUnsupportedStorage, storageDtype } from './pickle-names.js';
import {
  Opaque,
  PythonDict,
  PythonName,
  PythonObject,
  type PythonValue,
  StorageRef,
  valueText,
} from './python-values.js';

/** Python writes batches of 1,000 items. Other writers may put a whole list on the stack. */
const MAX_STACK = 1_000_000;
/** Most marks open at once. Values may be nested deeper, which is harmless: no code walks them recursively. */
const MAX_MARKS = 1_000;
/** Each string, container and tensor has one entry. */
const MAX_MEMO = 4_000_000;
/** Module and member together: `torch._utils._rebuild_tensor_v2` has 33 characters. */
const MAX_NAME_CHARACTERS = 1_024;
/** Items that calls may copy beyond one a byte: a shared list can be copied a hundred thousand times. */
const MAX_SHARED_ITEMS = 100_000;

export interface Unpickled {
  value: PythonValue;
  /** Offset of the first byte after the pickle. */
  end: number;
  /** Every storage that the pickle mentions, by key. */
  storages: ReadonlyMap<string, StorageRef>;
}

export class PickleMachine {
  readonly #stack: PythonValue[] = [];
  /** Heights of the stack at the open marks. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PythonValue>();
  readonly #storages = new Map<string, StorageRef>();
  /** Names that are not on the allow-list and have not turned out to be classes of modules, by path. */
  readonly #unknown = new Map<string, PythonName>();
  #copied = 0;

  readonly #input: PickleInput;

  constructor(input: PickleInput) {
    this.#input = input;
  }

  /** The value on top of the stack, at the end of the pickle. */
  finish(): Unpickled {
    for (const name of this.#unknown.values()) this.#forbid(name);
    return { value: this.pop(), end: this.#input.position, storages: this.#storages };
  }

  push(value: PythonValue): void {
    if (this.#stack.length >= MAX_STACK) this.#limit('values on the stack', MAX_STACK);
    this.#stack.push(value);
  }

  pop(): PythonValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      this.#input.fail('PICKLE_INVALID', 'a value is missing on the stack');
    return this.#stack.pop()!;
  }

  top(): PythonValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    if (this.#marks.length >= MAX_MARKS) this.#limit('open brackets', MAX_MARKS);
    this.#marks.push(this.#stack.length);
  }

  /** Removes the last mark and returns the values above it. */
  popToMark(): PythonValue[] {
    const height = this.#marks.pop();
    if (height === undefined) this.#input.fail('PICKLE_INVALID', 'a mark is missing on the stack');
    return this.#stack.splice(height);
  }

  /** POP on a mark removes the mark. */
  discard(): void {
    if (this.#marks.length > 0 && this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  remember(index: number): void {
    if (index < 0 || index >= MAX_MEMO) this.#limit(`memo index ${index}; indices`, MAX_MEMO);
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.remember(this.#memo.size);
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) this.#input.fail('PICKLE_INVALID', `memo ${index} is read before it is written`);
    this.push(value);
  }

  name(module: PythonValue, member: PythonValue): PythonName {
    if (typeof module !== 'string' || typeof member !== 'string')
      this.#input.fail('PICKLE_INVALID', 'a name that is not text');
    if (module.length + member.length > MAX_NAME_CHARACTERS) this.#limit('characters in a name', MAX_NAME_CHARACTERS);
    const path = `${module}.${member}`;
    const name = new PythonName(path, isKnown(path));
    // This may be a user's own subclass of nn.Module, which shows when it gets its attributes.
    if (!name.known && !isModuleClass(path)) this.#unknown.set(path, name);
    return name;
  }

  /** Stands for `callable(*args)`. */
  call(callable: PythonValue, args: PythonValue): PythonValue {
    if (!(callable instanceof PythonName))
      return this.#input.fail('PICKLE_INVALID', 'a call of something that has no name');
    if (!callable.known) this.#forbid(callable);
    const given = Array.isArray(args) ? args : [];
    this.#spend(copiedItems(callable, given));
    return construct(callable, given);
  }

  /** Counts copied items, because the length of the pickle does not limit them. */
  #spend(items: number): void {
    this.#copied += items;
    const limit = this.#input.size + MAX_SHARED_ITEMS;
    if (this.#copied > limit) this.#limit('items copied by calls', limit);
  }

  /** Stands for `cls.__new__(cls, *args)`. */
  instantiate(cls: PythonValue, args: PythonValue): PythonValue {
    if (cls instanceof PythonName && !cls.known) return new PythonObject(cls);
    return this.call(cls, args);
  }

  /** BUILD gives an object its attributes, kept of modules only. Other objects that are not known are refused. */
  build(state: PythonValue, object: PythonValue): void {
    if (!(object instanceof PythonObject)) return;
    const { path } = object.name;
    const isModule = state instanceof PythonDict && state.entries.has('_modules') && state.entries.has('_parameters');
    if (!isModule && !isModuleClass(path)) this.#forbid(object.name);
    this.#unknown.delete(path);
    if (state instanceof PythonDict) object.attributes = state;
  }

  append(list: PythonValue, items: readonly PythonValue[]): void {
    if (Array.isArray(list)) for (const item of items) list.push(item);
    else if (!(list instanceof Opaque)) this.#input.fail('PICKLE_INVALID', 'items appended to what is not a list');
  }

  setItems(dict: PythonValue, keysAndValues: readonly PythonValue[]): void {
    if (keysAndValues.length % 2 !== 0) this.#input.fail('PICKLE_INVALID', 'a key without a value');
    if (dict instanceof Opaque) return;
    if (!(dict instanceof PythonDict)) this.#input.fail('PICKLE_INVALID', 'items set in what is not a dict');
    for (let i = 0; i < keysAndValues.length; i += 2) dict.entries.set(keysAndValues[i]!, keysAndValues[i + 1]!);
  }

  dict(keysAndValues: readonly PythonValue[]): PythonDict {
    const dict = new PythonDict();
    this.setItems(dict, keysAndValues);
    return dict;
  }

  /** `('storage', class, key, location, length[, view])`, or in legacy files `('module', class, file, source)`. */
  persistent(id: PythonValue): PythonValue {
    if (!Array.isArray(id)) return this.#input.fail('PICKLE_INVALID', 'a persistent id that torch does not write');
    const [kind, cls, key, , length, view = null] = id;
    // Legacy files save the source of a class beside its name.
    if (kind === 'module' && cls instanceof PythonName) return cls;
    if (isUnsupportedStorage(cls)) return new Opaque(cls);
    const dtype = storageDtype(cls);
    if (kind !== 'storage' || dtype === undefined || !(typeof key === 'string' || typeof key === 'number')) {
      const name = cls instanceof PythonName ? shown(cls.path) : typeof cls;
      return this.#input.fail('PICKLE_INVALID', `a persistent id of kind ${valueText(kind)}, class ${name}`);
    }
    if (!isCount(length))
      return this.#input.fail('PICKLE_INVALID', `storage ${shown(String(key))}: length ${valueText(length)}`);
    const storage = new StorageRef(String(key), dtype, length, this.#storageView(view, length));
    const before = this.#storages.get(storage.key);
    if (before && (before.dtype !== dtype || before.length !== length)) {
      return this.#input.fail(
        'PICKLE_INVALID',
        `storage ${shown(storage.key)} is ${before.length} × ${before.dtype} in one place, ${length} × ${dtype} in another`,
      );
    }
    this.#storages.set(storage.key, before ?? storage);
    return storage;
  }

  /** The part of a storage that `(key, offset, length)` describes, in elements. */
  #storageView(view: PythonValue, length: number): StorageRef['view'] {
    if (view === null) return null;
    const [, offset, viewLength] = Array.isArray(view) ? view : [];
    if (!isCount(offset) || !isCount(viewLength) || offset + viewLength > length) {
      this.#input.fail(
        'PICKLE_INVALID',
        `a view of ${valueText(viewLength)} at ${valueText(offset)} in a storage of ${length}`,
      );
    }
    return { offset, length: viewLength };
  }

  #forbid(name: PythonName): never {
    const message =
      `${this.#input.label}: at byte ${this.#input.position.toLocaleString('en')}: needs ${shown(name.path)}, ` +
      'which no state dict does; nothing was run';
    const hint =
      "If you trust the file, save its weights alone, in Python: torch.save(model.state_dict(), 'weights.pth')";
    throw new ConvertError('PICKLE_FORBIDDEN', message, { hint });
  }

  #limit(what: string, limit: number): never {
    return this.#input.fail('PICKLE_LIMIT', `more ${what} than the ${limit.toLocaleString('en')} that are read`);
  }
}

function isCount(value: PythonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
