/** The topology of a graph model, TensorFlow's GraphDef as JSON, and one node of it while it is translated. */

import * as z from 'zod';
import { fromBase64, latin1 } from '#platform';
import { ConvertError } from '../../convert-error.js';
import { NotSupported } from '../../onnx/importing/value.js';
import type { GraphWriter } from '../../onnx/written-graph.js';
import { checked, type ModelJson } from '../file/model-json.js';
import { Call, type TfValue } from '../writing/writer.js';

export interface GraphAround {
  writer: GraphWriter;
  /** @throws NotSupported for a value that no node gives */
  value(name: string): TfValue;
  /** Whole numbers of a constant that the file has or that operators make of such; null if they are not known. */
  integers(name: string): readonly number[] | null;
}

export class NodeCall extends Call {
  readonly definition: TfNode;
  readonly #inputs: readonly string[];
  readonly #around: GraphAround;

  /** @param inputs names of values, without those that are only to be run before */
  constructor(node: TfNode, inputs: readonly string[], around: GraphAround) {
    super(around.writer, node.name, node.op);
    this.definition = node;
    this.#inputs = inputs;
    this.#around = around;
  }

  get count(): number {
    return this.#inputs.length;
  }

  input(i: number): TfValue {
    const name = this.#inputs[i];
    if (name === undefined) throw new NotSupported(`its input ${i + 1} is missing`);
    return this.#around.value(name);
  }

  inputs(from = 0, to = this.#inputs.length): TfValue[] {
    return Array.from({ length: Math.max(0, to - from) }, (_, i) => this.input(from + i));
  }

  /** Whole numbers that are known without the image. @throws NotSupported */
  numbers(i: number): readonly number[] {
    const found = this.optionalNumbers(i);
    if (found === null) throw new NotSupported(`its input ${i + 1} depends on the image`);
    return found;
  }

  optionalNumbers(i: number): readonly number[] | null {
    const name = this.#inputs[i];
    if (name === undefined) throw new NotSupported(`its input ${i + 1} is missing`);
    return this.#around.integers(name);
  }
}

/** The operators of ONNX for an operation of TensorFlow: the value that it gives, or all. @throws NotSupported */
export type Translation = (call: NodeCall) => TfValue | TfValue[];

export type Translations = Readonly<Record<string, Translation>>;

/** The largest network known has 20,000 nodes. */
const MAX_NODES = 200_000;

const nodeSchema = z.object({
  name: z.string().max(2000),
  op: z.string().max(2000),
  input: z.array(z.string().max(2000)).optional(),
  attr: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
export type TfNode = z.infer<typeof nodeSchema>;

const tensorSchema = z.looseObject({ name: z.string().max(2000) });
const signatureSchema = z.looseObject({
  inputs: z.record(z.string(), tensorSchema).optional(),
  outputs: z.record(z.string(), tensorSchema).optional(),
});

export interface GraphDef {
  nodes: readonly TfNode[];
  /** Values that the model gives, as the signature says; all that no node reads where it says nothing. */
  outputs: readonly string[];
}

/** @throws ConvertError `TFJS_INVALID`, `TFJS_TOO_LARGE` */
export function graphDefOf({ label, topology, signature }: ModelJson): GraphDef {
  const listed = topology['node'] as unknown[];
  if (listed.length > MAX_NODES) {
    const message = `${label}: has ${listed.length.toLocaleString('en')} nodes, at most ${MAX_NODES.toLocaleString('en')} are read`;
    throw new ConvertError('TFJS_TOO_LARGE', message);
  }
  const nodes = checked(z.array(nodeSchema), listed, label, 'modelTopology.node');
  const said = checked(signatureSchema.nullish(), signature, label, 'signature')?.outputs ?? {};
  const outputs = Object.entries(said).map(([key, { name }]) => valueNamed(name === '' ? key : name));
  return { nodes, outputs: outputs.length > 0 ? outputs : unread(nodes) };
}

/** `name:0` and `name` are the first output of a node; `^name` is only to be run before. */
export function valueNamed(input: string): string {
  return input.endsWith(':0') ? input.slice(0, -2) : input;
}

export function isControl(input: string): boolean {
  return input.startsWith('^');
}

function unread(nodes: readonly TfNode[]): string[] {
  const read = new Set(nodes.flatMap(({ input = [] }) => input.map(valueNamed)));
  return nodes.filter(({ name, op }) => !read.has(name) && op !== 'Const').map(({ name }) => name);
}

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
  if (Array.isArray(value)) return latin1(Uint8Array.from(value as number[]));
  return typeof value === 'string' ? latin1(fromBase64(value)) : null;
}
