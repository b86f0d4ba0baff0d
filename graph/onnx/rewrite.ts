/**
 * Changes an ONNX file and keeps all of it that is not known here: operators of other domains, functions, types. Fields are
 * copied as they lie in the file. Field numbers are those of onnx/onnx.proto.
 */
import { GraphError } from '../graph-error.js';
import { MAX_MODEL_BYTES, onnxBytes } from './onnx-model.js';
import { ProtobufMessage } from './protobuf.js';

const GRAPH = 7;
const OUTPUT = 12;
const INITIALISER = 5;
const TENSOR = { name: 8, raw: 9, external: 13, location: 14 } as const;
const LENGTH_DELIMITED = 2;

interface Field {
  number: number;
  /** With its tag, as it lies in the file. */
  whole: Uint8Array;
  /** What a message, a string or bytes hold, without tag and length; null for other fields. */
  content: Uint8Array | null;
}

/**
 * The file with other outputs. Types and shapes of outputs are left out: the runtime finds them out.
 *
 * @throws GraphError `ONNX_TOO_LARGE`
 */
export function withOutputs(file: Uint8Array, names: readonly string[]): Uint8Array {
  return rewritten(file, (graph, into) => {
    for (const { number, whole } of fieldsOf(graph)) if (number !== OUTPUT) into.raw(whole);
    for (const name of names) into.message(OUTPUT, new ProtobufMessage().string(1, name));
  });
}

/**
 * The file with the values of its tensors inside, wherever they were.
 *
 * @param valuesOf gives the bytes of a tensor that lies in a file beside the model; null for one that does not
 * @throws GraphError `ONNX_TOO_LARGE`
 */
export function withValues(file: Uint8Array, valuesOf: (name: string) => Uint8Array | null): Uint8Array {
  return rewritten(file, (graph, into) => {
    for (const { number, whole, content } of fieldsOf(graph)) {
      const values = number === INITIALISER && content !== null ? valuesOf(nameOf(content)) : null;
      if (values === null) into.raw(whole);
      else into.message(INITIALISER, tensorWith(content!, values));
    }
  });
}

function rewritten(file: Uint8Array, change: (graph: Uint8Array, into: ProtobufMessage) => void): Uint8Array {
  const model = new ProtobufMessage();
  for (const { number, whole, content } of fieldsOf(file)) {
    if (number !== GRAPH || content === null) {
      model.raw(whole);
      continue;
    }
    const graph = new ProtobufMessage();
    change(content, graph);
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

function nameOf(tensor: Uint8Array): string {
  let name = '';
  for (const { number, content } of fieldsOf(tensor)) {
    if (number === TENSOR.name && content !== null) name = new TextDecoder().decode(content);
  }
  return name;
}

function tensorWith(tensor: Uint8Array, values: Uint8Array): ProtobufMessage {
  const message = new ProtobufMessage();
  const replaced: readonly number[] = [TENSOR.raw, TENSOR.external, TENSOR.location];
  for (const { number, whole } of fieldsOf(tensor)) if (!replaced.includes(number)) message.raw(whole);
  return message.bytes(TENSOR.raw, values);
}

/** The fields of a message, in order. The file has been read before, so its lengths fit. */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined) throw new GraphError('ONNX_INVALID', 'the file ends inside a field');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  while (at < bytes.length) {
    const start = at;
    const tag = varint();
    const wireType = tag % 8;
    let content: Uint8Array | null = null;
    if (wireType === LENGTH_DELIMITED) {
      const length = varint();
      content = bytes.subarray(at, at + length);
      at += length;
    } else if (wireType === 0) varint();
    else at += wireType === 1 ? 8 : 4;
    yield { number: Math.floor(tag / 8), whole: bytes.subarray(start, at), content };
  }
}
