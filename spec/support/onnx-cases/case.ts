/** Node cases of PyPI's onnx as `spec/ci/onnx_cases.py` writes them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OnnxModel } from '../../../convert/onnx/file/onnx-model.js';
import type { Constant } from '../../../convert/onnx/folding/constant.js';
import { ConstantStore } from '../../../convert/onnx/importing/constants.js';
import { relativeError } from '../relative-error.js';

export interface CaseTensor {
  dtype: string;
  dims: number[];
  /** Float64, little-endian, in base64. */
  data: string;
}

export interface Case {
  name: string;
  /** Names of the inputs. */
  names: string[];
  /** Null: not a tensor of numbers. */
  inputs: (CaseTensor | null)[];
  outputs: (CaseTensor | null)[];
}

/** A case that cannot be tried in this way. */
export class Refusal extends Error {}

/** The outputs in ONNX's order; null: one that `convert` does not give. */
export type Outputs = readonly (ArrayLike<number> | null)[];

export function readCases(folder: string): Case[] {
  return JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
}

export function isFloat({ dtype }: CaseTensor): boolean {
  return dtype.startsWith('float') || dtype === 'bfloat16';
}

export function valuesOf({ data }: CaseTensor): Float64Array {
  const bytes = Buffer.from(data, 'base64');
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

export function constantOf(tensor: CaseTensor): Constant {
  const kind = isFloat(tensor) ? 'float' : tensor.dtype === 'bool' ? 'bool' : 'int';
  const data = valuesOf(tensor);
  return { kind, dims: tensor.dims, data: kind === 'float' ? Float32Array.from(data) : data };
}

/** What an importer needs of a file. */
export async function requestOf(model: OnnxModel) {
  const none = () => Promise.reject(new Refusal('external data'));
  const constants = await ConstantStore.of({ model, sha256: '', external: none, close: () => Promise.resolve() });
  return { graph: model.graph, label: model.label, opset: model.opset, constants };
}

/** What stands for infinity in constants of a weights folder. */
const LARGE = 1e8;

/** Relative error of all finite values; infinite if another value is not what it should be. */
export function errorOf(actual: ArrayLike<number>, expected: Float64Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  const finite = [...expected.keys()].filter((i) => Number.isFinite(expected[i]));
  const isLike = (i: number) =>
    Number.isNaN(expected[i]) ? Number.isNaN(actual[i]) : actual[i]! * Math.sign(expected[i]!) >= LARGE;
  const others = [...expected.keys()].filter((i) => !Number.isFinite(expected[i]));
  if (!others.every(isLike)) return Number.POSITIVE_INFINITY;
  if (finite.length === 0) return 0;
  return relativeError(
    finite.map((i) => actual[i]!),
    finite.map((i) => expected[i]!),
  );
}
