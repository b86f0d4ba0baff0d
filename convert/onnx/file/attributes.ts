/** Attributes of a node, with their defaults. One of another type counts as left out, as onnxruntime has it. */
import type { OnnxGraph, OnnxNode } from './onnx-model.js';
import type { OnnxTensor } from './tensor-proto.js';

export function intAttribute(node: OnnxNode, name: string, otherwise: number): number {
  const found = node.attributes.get(name);
  return found?.type === 'int' ? found.value : otherwise;
}

export function floatAttribute(node: OnnxNode, name: string, otherwise: number): number {
  const found = node.attributes.get(name);
  return found?.type === 'float' ? found.value : otherwise;
}

export function stringAttribute(node: OnnxNode, name: string, otherwise: string): string {
  const found = node.attributes.get(name);
  return found?.type === 'string' ? found.value : otherwise;
}

/** Null if it is left out. */
export function intsAttribute(node: OnnxNode, name: string): readonly number[] | null {
  const found = node.attributes.get(name);
  return found?.type === 'ints' ? found.value : null;
}

/** Null if it is left out. */
export function floatsAttribute(node: OnnxNode, name: string): readonly number[] | null {
  const found = node.attributes.get(name);
  return found?.type === 'floats' ? found.value : null;
}

/** Null if it is left out. */
export function tensorAttribute(node: OnnxNode, name: string): OnnxTensor | null {
  const found = node.attributes.get(name);
  return found?.type === 'tensor' ? found.value : null;
}

/** Null if it is left out. */
export function graphAttribute(node: OnnxNode, name: string): OnnxGraph | null {
  const found = node.attributes.get(name);
  return found?.type === 'graph' ? found.value : null;
}
