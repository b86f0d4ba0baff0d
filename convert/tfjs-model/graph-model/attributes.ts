/** Attributes of a node (AttrValue in tensorflow/core/framework/attr_value.proto), in the spellings of both converters. */
import { NotSupported } from '../../onnx/importing/not-supported.js';
import type { TfNode } from './graph-def.js';

type Attribute = Readonly<Record<string, unknown>>;

export function integerOf(node: TfNode, name: string, otherwise: number): number {
  return wholeIn(attributeOf(node, name)?.['i']) ?? otherwise;
}

export function floatOf(node: TfNode, name: string, otherwise: number): number {
  const found = attributeOf(node, name)?.['f'];
  const value = typeof found === 'string' ? Number(found) : found;
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}

export function booleanOf(node: TfNode, name: string, otherwise: boolean): boolean {
  const found = attributeOf(node, name)?.['b'];
  return typeof found === 'boolean' ? found : otherwise;
}

export function stringOf(node: TfNode, name: string, otherwise: string): string {
  return wordIn(attributeOf(node, name)?.['s']) ?? otherwise;
}

export function integersOf(node: TfNode, name: string): number[] {
  return listOf(node, name, 'i').map((item) => {
    const value = wholeIn(item);
    if (value === null) throw new NotSupported(`its attribute ${name} is not a list of whole numbers`);
    return value;
  });
}

export function stringsOf(node: TfNode, name: string): string[] {
  return listOf(node, name, 's').map((item) => wordIn(item) ?? '');
}

/** Name of the type (`DT_FLOAT`); null if it is left out. */
export function typeOf(node: TfNode, name: string): string | null {
  const found = attributeOf(node, name)?.['type'];
  return typeof found === 'string' ? found : typeof found === 'number' ? (TYPES[found] ?? `type ${found}`) : null;
}

/** Sizes, `null` for one that is not fixed. Null if the shape is left out. */
export function shapeOf(node: TfNode, name: string): (number | null)[] | null {
  const shape = attributeOf(node, name)?.['shape'] as { dim?: unknown; unknownRank?: unknown } | undefined;
  if (shape === undefined || shape === null || shape.unknownRank === true || !Array.isArray(shape.dim)) return null;
  return shape.dim.map((dim: { size?: unknown } | null) => {
    const size = wholeIn(dim?.size);
    return size === null || size < 0 ? null : size;
  });
}

const TYPES: Readonly<Record<number, string>> = {
  1: 'DT_FLOAT',
  3: 'DT_INT32',
  4: 'DT_UINT8',
  9: 'DT_INT64',
  10: 'DT_BOOL',
};

function attributeOf({ attr = {} }: TfNode, name: string): Attribute | undefined {
  return Object.hasOwn(attr, name) ? attr[name] : undefined;
}

function listOf(node: TfNode, name: string, kind: 'i' | 's'): unknown[] {
  const list = attributeOf(node, name)?.['list'] as Attribute | null | undefined;
  const found = list?.[kind];
  return Array.isArray(found) ? found : [];
}

/** 64-bit numbers are strings in protobuf's JSON. */
function wholeIn(value: unknown): number | null {
  const found = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof found === 'number' && Number.isSafeInteger(found) ? found : null;
}

/** Bytes are base64 in protobuf's JSON; older converters list their codes. */
function wordIn(value: unknown): string | null {
  if (Array.isArray(value)) return Buffer.from(value as number[]).toString('latin1');
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('latin1') : null;
}
