/** An exported program as a network, through the operators of ONNX that it is translated to. */
import type { OnnxValueInfo } from '../onnx/file/onnx-model.js';
import type { OnnxTensor } from '../onnx/file/tensor-proto.js';
import type { NetworkFile } from '../onnx/read-network.js';
import { type Archive, invalid, openArchive, type Stored } from './file/archive.js';
import { fixedSizes, type Program } from './file/schema.js';
import { assertSignature, storedInputs, userInputs, userOutputs } from './file/signature.js';
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
