/** An exported program as a network, through the operators of ONNX that it is translated to. */

import { quoted } from '../../base/index.js';
import type { OnnxValueInfo } from '../onnx/file/onnx-model.js';
import type { OnnxTensor } from '../onnx/file/tensor-proto.js';
import { counted, type NetworkFile } from '../onnx/read-network.js';
import { type Archive, invalid, openArchive, type Stored } from './file/archive.js';
import { type Argument, fixedSizes, type Program, tensorNameSchema } from './file/schema.js';
import { describeTensor, readValues } from './file/stored-tensor.js';
import { OWN_OPERATORS } from './translation/layers.js';
import { operationOf, translate } from './translation/translate.js';

/** The version of ONNX's operators that programs are translated to. */
const OPSET = 22;
const ONNX_FLOAT = 1;

/** A program as it is imported, and what it says of itself. */
export interface ExportedContent extends NetworkFile {
  schema: string;
  /** Operation → how often. */
  operations: Map<string, number>;
  /** Values in all tensors. */
  parameters: number;
}

/** @throws ConvertError `EXPORTED_VERSION`, `EXPORTED_INVALID`, `EXPORTED_TENSOR`; FileError */
export async function openExported(path: string): Promise<ExportedContent> {
  const archive = await openArchive(path);
  try {
    return contentOf(archive);
  } catch (error) {
    await archive.close();
    throw error;
  }
}

function contentOf(archive: Archive): ExportedContent {
  const { label, program, payloads } = archive;
  assertSignature(program, label);
  const tensors = new Map<string, OnnxTensor>();
  const stored = new Map<OnnxTensor, Stored>();
  for (const [value, name] of storedInputs(program)) {
    const found = payloads.get(name);
    if (found === undefined) throw invalid(label, `its tensor ${name.slice(0, 200)} is not in the archive`);
    const tensor = describeTensor(name, found, label);
    tensors.set(value, tensor);
    stored.set(tensor, found);
  }
  const graph = translate({ program, tensors, inputs: inputsOf(program), outputs: userOutputs(program) });
  return {
    model: { label, irVersion: 0, producer: 'torch.export', opset: OPSET, graph, metadata: new Map() },
    sha256: archive.sha256,
    otherOperators: OWN_OPERATORS,
    external: (tensor) => readValues(tensor, stored.get(tensor)!, archive),
    close: () => archive.close(),
    schema: archive.schema,
    operations: counted(program.graph_module.graph.nodes.map(({ target }) => operationOf(target).operation)),
    parameters: [...tensors.values()].reduce((sum, { count }) => sum + count, 0),
  };
}

function inputsOf(program: Program): OnnxValueInfo[] {
  const { tensor_values: values } = program.graph_module.graph;
  return userInputs(program).map((name) => {
    const meta = Object.hasOwn(values, name) ? values[name] : undefined;
    const shape = meta === undefined ? null : fixedSizes(meta).map((size) => size ?? '');
    return { name, elementType: meta?.dtype === BYTE ? ONNX_BYTE : ONNX_FLOAT, shape };
  });
}

/** `ScalarType` and TensorProto.DataType of bytes. */
const BYTE = 1;
const ONNX_BYTE = 2;

/** The kinds of tensors that a file has, each with the field of its name in the archive. */
const STORED_KINDS = {
  parameter: 'parameter_name',
  buffer: 'buffer_name',
  tensor_constant: 'tensor_constant_name',
} as const;

/** Parameters, buffers and constants: the value of the graph and the name in the archive. */
export function storedInputs({ graph_module: { signature } }: Program): [value: string, name: string][] {
  return signature.input_specs.flatMap((spec): [string, string][] => {
    for (const [kind, field] of Object.entries(STORED_KINDS)) {
      const found = spec[kind] as { arg?: { name?: unknown } } | undefined;
      const value = found?.arg?.name;
      const name = (found as Record<string, unknown> | undefined)?.[field];
      if (typeof value === 'string' && typeof name === 'string') return [[value, name]];
    }
    return [];
  });
}

/** The tensors that the user gives. */
export function userInputs({ graph_module: { signature } }: Program): string[] {
  return signature.input_specs.flatMap((spec) => tensorIn(spec['user_input']) ?? []);
}

/** The tensors that the user gets. */
export function userOutputs({ graph_module: { signature } }: Program): string[] {
  return signature.output_specs.flatMap((spec) => tensorIn(spec['user_output']) ?? []);
}

function tensorIn(spec: unknown): string | null {
  const { arg } = (spec ?? {}) as { arg?: { as_tensor?: { name?: unknown } } };
  const name = arg?.as_tensor?.name;
  return typeof name === 'string' ? name : null;
}

/**
 * A program whose graph and signature differ has two readings: torch computes the outputs of the graph.
 * @throws ConvertError `EXPORTED_INVALID`
 */
export function assertSignature(program: Program, label: string): void {
  const { graph, signature } = program.graph_module;
  for (const [what, values, specs] of [
    ['input', graph.inputs, signature.input_specs],
    ['output', graph.outputs, signature.output_specs],
  ] as const) {
    const length = Math.max(values.length, specs.length);
    for (let i = 0; i < length; i++) {
      const [value, spec] = [valueName(values[i]), specName(specs[i])];
      if (value === spec || OBJECTS.some((kind) => kind in (specs[i] ?? {}))) continue;
      throw invalid(label, `${what} ${i} is ${value} in its graph, ${spec} in its signature`);
    }
  }
}

/** What has a name and may be no tensor. No operator that is read takes it. */
const OBJECTS = ['custom_obj', 'token'];

function valueName(value: Argument | undefined): string {
  const found = tensorNameSchema.safeParse(value);
  if (found.success) return quoted(found.data.as_tensor.name);
  return value === undefined ? 'not there' : 'not a tensor';
}

/** A user's value is written as in the graph, any other by its name alone. */
function specName(spec: Argument | undefined): string {
  const [inner] = Object.values(spec ?? {});
  const arg = (inner as { arg?: Argument } | null | undefined)?.arg;
  if (typeof arg?.['name'] === 'string') return quoted(arg['name']);
  return spec === undefined ? 'not there' : valueName(arg ?? {});
}
