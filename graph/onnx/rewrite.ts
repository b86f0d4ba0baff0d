/** Changes an ONNX file and keeps what is not known here. Field numbers are those of onnx/onnx.proto. */
import { GraphError } from '../graph-error.js';
import { MAX_MODEL_BYTES, onnxBytes } from './onnx-model.js';
import { ProtobufMessage, ProtobufReader } from './protobuf.js';

const GRAPH = 7;
const OUTPUT = 12;
const INITIALISER = 5;
const TENSOR = { name: 8, raw: 9, external: 13, location: 14 } as const;

/**
 * The file with other outputs. The runtime finds out their types and shapes.
 * @throws GraphError `ONNX_TOO_LARGE`
 */
export function withOutputs(file: Uint8Array, names: readonly string[]): Uint8Array {
  return rewritten(file, (graph, into) => {
    for (const field of graph.fields()) if (field.number !== OUTPUT) into.raw(graph.raw(field));
    for (const name of names) into.message(OUTPUT, new ProtobufMessage().string(1, name));
  });
}

/**
 * The file with the values of its tensors inside, wherever they were.
 * @param valuesOf gives the bytes of a tensor that lies in a file beside the model; null for one that does not
 * @throws GraphError `ONNX_TOO_LARGE`
 */
export function withValues(file: Uint8Array, valuesOf: (name: string) => Uint8Array | null): Uint8Array {
  return rewritten(file, (graph, into) => {
    for (const field of graph.fields()) {
      const tensor = field.number === INITIALISER ? graph.inside(field) : null;
      const values = tensor && valuesOf(tensor.string(TENSOR.name));
      if (tensor === null || values === null) into.raw(graph.raw(field));
      else into.message(INITIALISER, tensorWith(tensor, values));
    }
  });
}

function rewritten(file: Uint8Array, change: (graph: ProtobufReader, into: ProtobufMessage) => void): Uint8Array {
  const reader = new ProtobufReader(file, (what) => new GraphError('ONNX_INVALID', what));
  const model = new ProtobufMessage();
  for (const field of reader.fields()) {
    if (field.number !== GRAPH) {
      model.raw(reader.raw(field));
      continue;
    }
    const graph = new ProtobufMessage();
    change(reader.inside(field), graph);
    model.message(GRAPH, graph);
  }
  return joined(model);
}

function joined({ pieces, byteLength }: ProtobufMessage): Uint8Array {
  if (byteLength > MAX_MODEL_BYTES) {
    const bytes = byteLength.toLocaleString('en');
    throw new GraphError('ONNX_TOO_LARGE', `the file has ${bytes} bytes with all its tensors, protobuf ends at 2 GiB`);
  }
  return onnxBytes({ byteLength, pieces });
}

function tensorWith(tensor: ProtobufReader, values: Uint8Array): ProtobufMessage {
  const message = new ProtobufMessage();
  const replaced: readonly number[] = [TENSOR.raw, TENSOR.external, TENSOR.location];
  for (const field of tensor.fields()) if (!replaced.includes(field.number)) message.raw(tensor.raw(field));
  return message.bytes(TENSOR.raw, values);
}
