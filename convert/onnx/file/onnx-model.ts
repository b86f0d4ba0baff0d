/** What an ONNX file says (github.com/onnx/onnx, onnx/onnx.proto), as far as inference needs it. */
import type { OnnxTensor } from './tensor-proto.js';

interface AttributeValues {
  float: number;
  int: number;
  string: string;
  floats: readonly number[];
  ints: readonly number[];
  strings: readonly string[];
  tensor: OnnxTensor;
  graph: OnnxGraph;
  /** Kinds that no operator known here has. */
  other: null;
}
type AttributeKind = keyof AttributeValues;
export type OnnxAttribute = { [Kind in AttributeKind]: { type: Kind; value: AttributeValues[Kind] } }[AttributeKind];

/** One application of an operator. An input or output that is left out has the empty name. */
export interface OnnxNode {
  /** What the exporter calls it; may be empty. */
  name: string;
  op: string;
  /** Empty: ONNX's own operators. */
  domain: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: ReadonlyMap<string, OnnxAttribute>;
  /** Path of the PyTorch module that it belongs to; null where the exporter does not say. */
  module: string | null;
  /** What the file calls the operator, if not this; for files of other formats. */
  writtenAs?: string;
  /** Why it cannot be applied; null: it is not known. For files of other formats. */
  refusal?: string | null;
}

/** A value that goes into the graph or comes out of it. */
export interface OnnxValueInfo {
  name: string;
  /** TensorProto.DataType; 0 where the file does not say. */
  elementType: number;
  /** Sizes; a string is a size without a value. Null where the file does not say. */
  shape: readonly (number | string)[] | null;
}

export interface OnnxGraph {
  nodes: readonly OnnxNode[];
  initialisers: ReadonlyMap<string, OnnxTensor>;
  inputs: readonly OnnxValueInfo[];
  outputs: readonly OnnxValueInfo[];
}

export interface OnnxModel {
  label: string;
  irVersion: number;
  producer: string;
  /** Version of ONNX's own operators. */
  opset: number;
  graph: OnnxGraph;
  /** Free text (`metadata_props`). */
  metadata: ReadonlyMap<string, string>;
}

/** Null if it is left out. One of another kind counts as left out, as onnxruntime has it. */
export function attributeOf<Kind extends AttributeKind>(
  { attributes }: OnnxNode,
  name: string,
  kind: Kind,
): AttributeValues[Kind] | null {
  const found = attributes.get(name);
  return found?.type === kind ? (found.value as AttributeValues[Kind]) : null;
}

export function intAttribute(node: OnnxNode, name: string, otherwise: number): number {
  return attributeOf(node, name, 'int') ?? otherwise;
}

export function floatAttribute(node: OnnxNode, name: string, otherwise: number): number {
  return attributeOf(node, name, 'float') ?? otherwise;
}

export function stringAttribute(node: OnnxNode, name: string, otherwise: string): string {
  return attributeOf(node, name, 'string') ?? otherwise;
}
