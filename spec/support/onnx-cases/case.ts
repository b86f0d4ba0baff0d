/** Node cases of PyPI's onnx as `spec/ci/onnx_cases.py` writes them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OnnxModel } from '../../../convert/onnx/file/onnx-model.js';
import type { Constant } from '../../../convert/onnx/folding/constant.js';
import { ConstantStore } from '../../../convert/onnx/importing/constants.js';
import { importGraph } from '../../../convert/onnx/importing/import-graph.js';
import type { Value } from '../../../convert/onnx/importing/value.js';
import { relativeError } from '../relative-error.js';

export interface CaseTensor {
  dtype: string;
  dims: number[];
  /** Float64, little-endian, in base64. */
  data: string;
}

export interface Case {
  name: string;
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

// Computes a node case when its file is converted: all of its inputs are constants.

/** @throws Refusal if it is not folded, CodedError */
export async function asConstants(each: Case, model: OnnxModel): Promise<Outputs> {
  const { values, problems } = importGraph({
    ...(await requestOf(model)),
    batchSize: null,
    inputs: (graph) => {
      graph.image([1, 1, 1]);
      const known = each.inputs.map((tensor, i): [string, Value] => {
        const name = each.names[i]!;
        return [name, { kind: 'constant', name, constant: constantOf(tensor!) }];
      });
      return new Map(known);
    },
  });
  if (!problems.isEmpty) throw problems.error(each.name);
  return model.graph.outputs.map(({ name }) => {
    const output = values.get(name);
    if (output === undefined) return null;
    if (output.kind !== 'constant') throw new Refusal('it is not a constant');
    return output.constant.data;
  });
}
