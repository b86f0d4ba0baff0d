/**
 * What a pickle may hold once it is read: plain values, and inert records where Python would have an object.
 *
 * Lists, tuples and sets all become arrays, as nothing here depends on the difference. Values may share parts and may
 * contain themselves, so nothing may walk them recursively.
 */
import { shown } from '../../errors/index.js';
import type { Dtype } from '../dtype.js';

export type PythonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PythonValue[]
  | PythonDict
  | PythonName
  | Opaque
  | StorageRef
  | TensorRef;

/** A dict or OrderedDict, in insertion order. Keys are compared by identity, which for strings and numbers is by value. */
export class PythonDict {
  readonly entries = new Map<PythonValue, PythonValue>();

  get(key: string): PythonValue | undefined {
    return this.entries.get(key);
  }
}

/** A class or function that the pickle names, e.g. `collections.OrderedDict`. Never looked up, never called. */
export class PythonName {
  constructor(
    readonly path: string,
    /** Whether it is on the allow-list; other names may only be the class of a pickled module, to be refused by name. */
    readonly known: boolean,
  ) {}
}

/** Stands for an object that Python would have made by calling `name`; its contents are dropped. */
export class Opaque {
  constructor(readonly name: PythonName) {}
}

/** A storage named by a persistent id; its bytes are elsewhere in the file. */
export class StorageRef {
  constructor(
    readonly key: string,
    /** null for an untyped storage, which counts bytes. */
    readonly dtype: Dtype | null,
    /** Elements (bytes, if untyped) that the pickle claims. */
    readonly length: number,
    /** Legacy format only: the part of the storage that this one is a view of, in elements. */
    readonly view: { offset: number; length: number } | null,
  ) {}
}

/** A tensor as the pickle describes it, unchecked: arguments of `torch._utils._rebuild_tensor_v2` or `_v3`. */
export class TensorRef {
  constructor(
    readonly storage: PythonValue,
    readonly offset: PythonValue,
    readonly shape: PythonValue,
    readonly strides: PythonValue,
    /** Given by `_rebuild_tensor_v3` alone, for an untyped storage. */
    readonly dtype: PythonValue = null,
  ) {}
}

/**
 * For messages: a plain value as it is, of a container only its kind. `String` of lists that share their parts takes
 * time and memory that grow with a power of two.
 */
export function valueText(value: PythonValue | undefined): string {
  if (value === null || value === undefined) return 'None';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof PythonName) return shown(value.path);
  return typeof value === 'object' ? 'an object' : shown(String(value));
}
