/**
 * A pickle's values: plain ones, inert records for objects, arrays for lists, tuples and sets. Values may share parts
 * and contain themselves, so no code may walk them recursively.
 */
import { shown } from '../../base/index.js';
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

/** A dict or OrderedDict, in insertion order. Keys are compared by identity; strings and numbers, by value. */
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
    /** Whether the name is on the allow-list. Other names are kept only to say which class of a module was refused. */
    readonly known: boolean,
  ) {}
}

/** Replaces an object that Python would make by calling `name`. Its contents are dropped. */
export class Opaque {
  constructor(readonly name: PythonName) {}
}

/** Replaces an object of a class that is never looked up. Attributes are kept: saved networks have tensors there. */
export class PythonObject extends Opaque {
  attributes: PythonDict | null = null;
}

/** A storage that a persistent id names. Its bytes are elsewhere in the file. */
export class StorageRef {
  constructor(
    readonly key: string,
    /** Null for an untyped storage, whose length counts bytes. */
    readonly dtype: Dtype | null,
    /** Number of elements (bytes, if untyped) according to the pickle. */
    readonly length: number,
    /** Legacy format only: this storage is a view of that part of another, in elements. */
    readonly view: { offset: number; length: number } | null,
  ) {}
}

/** A tensor as the pickle describes it, not yet checked: arguments of `torch._utils._rebuild_tensor_v2` or `_v3`. */
export class TensorRef {
  constructor(
    readonly storage: PythonValue,
    readonly offset: PythonValue,
    readonly shape: PythonValue,
    readonly strides: PythonValue,
    /** Only `_rebuild_tensor_v3` gives it, for an untyped storage. */
    readonly dtype: PythonValue = null,
  ) {}
}

/** Text for messages, of a container only its kind: lists that share parts would take exponential time and memory. */
export function valueText(value: PythonValue | undefined): string {
  if (value === null || value === undefined) return 'None';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof PythonName) return shown(value.path);
  return typeof value === 'object' ? 'an object' : shown(String(value));
}
