/** An exported program as a network, through the operators of ONNX that it is translated to. */
import type { OnnxValueInfo } from '../onnx/file/onnx-model.js';
import type { OnnxTensor } from '../onnx/file/tensor-proto.js';
import type { NetworkFile } from '../onnx/read-network.js';
import { type Archive, invalid, openArchive, type Stored } from './file/archive.js';
import { fixedSizes, type Program } from './file/schema.js';
import { describeTensor, readValues } from './file/stored-tensor.js';
import { OWN_OPERATORS } from './translation/own-operators.js';
import { operationOf, translate } from './translation/translate.js';

/** The version of ONNX's operators that programs are translated to. */
const OPSET = 22;
const ONNX_FLOAT = 1;

/** A program as it is imported, and what it says of itself. */
export interface ExportedContent extends NetworkFile {
  /** Version of its schema. */
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
  const tensors = new Map<string, OnnxTensor>();
  const stored = new Map<OnnxTensor, Stored>();
  for (const [value, name] of tensorInputs(program)) {
    const found = payloads.get(name);
    if (found === undefined) throw invalid(label, `its tensor ${name.slice(0, 200)} is not in the archive`);
    const tensor = describeTensor(name, found, label);
    tensors.set(value, tensor);
    stored.set(tensor, found);
  }
  const graph = translate({ program, tensors, inputs: userInputs(program), outputs: userOutputs(program) });
  return {
    model: { label, irVersion: 0, producer: 'torch.export', opset: OPSET, graph, metadata: new Map() },
    sha256: archive.sha256,
    otherOperators: OWN_OPERATORS,
    external: (tensor) => readValues(tensor, stored.get(tensor)!, archive),
    close: () => archive.close(),
    schema: archive.schema,
    operations: operationsOf(program),
    parameters: [...tensors.values()].reduce((sum, { count }) => sum + count, 0),
  };
}

function operationsOf({ graph_module: { graph } }: Program): Map<string, number> {
  const operations = new Map<string, number>();
  for (const { target } of graph.nodes) {
    const { operation } = operationOf(target);
    operations.set(operation, (operations.get(operation) ?? 0) + 1);
  }
  return operations;
}

/** Parameters, buffers and constants: the value of the graph and the name in the archive. */
function tensorInputs({ graph_module: { signature } }: Program): [value: string, name: string][] {
  return signature.input_specs.flatMap((spec): [string, string][] => {
    for (const [kind, field] of Object.entries(TENSOR_KINDS)) {
      const found = spec[kind] as { arg?: { name?: unknown } } | undefined;
      const value = found?.arg?.name;
      const name = (found as Record<string, unknown> | undefined)?.[field];
      if (typeof value === 'string' && typeof name === 'string') return [[value, name]];
    }
    return [];
  });
}

const TENSOR_KINDS = {
  parameter: 'parameter_name',
  buffer: 'buffer_name',
  tensor_constant: 'tensor_constant_name',
} as const;

function userInputs({ graph_module: { signature, graph } }: Program): OnnxValueInfo[] {
  return signature.input_specs.flatMap((spec) => {
    const name = tensorIn(spec['user_input']);
    if (name === null) return [];
    const meta = Object.hasOwn(graph.tensor_values, name) ? graph.tensor_values[name] : undefined;
    const shape = meta === undefined ? null : fixedSizes(meta).map((size) => size ?? '');
    return [{ name, elementType: meta?.dtype === BYTE ? ONNX_BYTE : ONNX_FLOAT, shape }];
  });
}

/** `ScalarType` and TensorProto.DataType of bytes. */
const BYTE = 1;
const ONNX_BYTE = 2;

function userOutputs({ graph_module: { signature } }: Program): string[] {
  return signature.output_specs.flatMap((spec) => tensorIn(spec['user_output']) ?? []);
}

function tensorIn(spec: unknown): string | null {
  const { arg } = (spec ?? {}) as { arg?: { as_tensor?: { name?: unknown } } };
  const name = arg?.as_tensor?.name;
  return typeof name === 'string' ? name : null;
}
