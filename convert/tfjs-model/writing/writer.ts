/** Operations of TensorFlow while they are translated to operators of ONNX, and the values between them. */
import type { OnnxValueInfo } from '../../onnx/file/onnx-model.js';
import { OperatorCall } from '../../onnx/written-graph.js';

/**
 * Values of TensorFlow on their way to ONNX's operators. A map, there `[N, H, W, C]`, is `[N, C, H, W]` here from the
 * image on, and is turned around only for operations that look at the order of values.
 */
export interface TfValue {
  /** The value of ONNX. */
  name: string;
  /** Dimensions in TensorFlow, the batch included. */
  rank: number;
  /** Whether it is written as `[N, C, H, W]` where TensorFlow has `[N, H, W, C]`. */
  isMap: boolean;
  /** Sizes of a constant, where known; null for a constant that operators make, and for what the network computes. */
  sizes: readonly number[] | null;
  /** Whether it is known without the image. */
  isConstant: boolean;
  /** For a map that was flattened: the map, as `[N, C, H, W]`. */
  flattened?: string | undefined;
}

/** TensorFlow's axes of a map → those that it is written with. */
const MAP_AXES = [0, 2, 3, 1] as const;

/** The axis that a map is written with. */
export function writtenAxis(value: TfValue, axis: number): number {
  const found = axis < 0 ? axis + value.rank : axis;
  return value.isMap ? (MAP_AXES[found] ?? found) : found;
}

export const TO_CHANNELS_FIRST = [0, 3, 1, 2];
export const TO_CHANNELS_LAST = [0, 2, 3, 1];

export class Call extends OperatorCall {
  /** As TensorFlow has it. */
  plain(value: TfValue): string {
    return value.isMap ? this.node('Transpose', [value.name], { perm: TO_CHANNELS_LAST }) : value.name;
  }

  /** A value of four dimensions with the channels first. */
  map(value: TfValue): string {
    return value.isMap ? value.name : this.node('Transpose', [value.name], { perm: TO_CHANNELS_FIRST });
  }

  /** A constant of up to four dimensions, as it stands beside a map. */
  besideMap(value: TfValue): string {
    const { name, rank, sizes } = value;
    if (rank === 0) return name;
    const tensor = this.writer.initialisers.get(name);
    if (rank === 1 && sizes !== null && tensor !== undefined) {
      const dims = [1, sizes[0]!, 1, 1];
      const fresh = this.writer.fresh(`${name}:${dims.join('×')}`);
      this.writer.addTensor(fresh, { ...tensor, dims });
      return fresh;
    }
    const missing = Array.from({ length: 4 - rank }, (_, axis) => axis);
    const whole = missing.length === 0 ? name : this.node('Unsqueeze', [name, this.integers(missing)]);
    return this.node('Transpose', [whole], { perm: TO_CHANNELS_FIRST });
  }
}

export function computed(name: string, rank: number): TfValue {
  return { name, rank, isMap: false, sizes: null, isConstant: false };
}

export function mapNamed(name: string): TfValue {
  return { ...computed(name, 4), isMap: true };
}

/** TensorProto.DataType. */
const FLOAT = 1;
const BYTE = 2;

/** @param sizes `[N, H, W, C]`, null for one that is not fixed; null where the file does not say */
export function imageValue(
  name: string,
  sizes: readonly (number | null)[] | null,
  isBytes: boolean,
): { info: OnnxValueInfo; value: TfValue } {
  const elementType = isBytes ? BYTE : FLOAT;
  const written = (sizes ?? [null, null, null, null]).map((size) => size ?? '');
  if (written.length !== 4) {
    return { info: { name, elementType, shape: written }, value: computed(name, written.length) };
  }
  const [batch = '', height = '', width = '', channels = ''] = written;
  return { info: { name, elementType, shape: [batch, channels, height, width] }, value: mapNamed(name) };
}

/**
 * Names a value as the file does. With four dimensions it is a map from then on, so a tap has its channels first.
 * @param since the first node that was written for the layer
 */
export function nameValue(call: Call, made: TfValue, name: string, since: number): TfValue {
  const isTurned = made.rank === 4 && !made.isMap && !made.isConstant;
  const value = isTurned ? { ...made, name: call.map(made), isMap: true } : made;
  const { nodes } = call.writer;
  const isOwn = nodes.findLastIndex(({ outputs }) => outputs.includes(value.name)) >= since;
  const old = isOwn ? value.name : call.node('Identity', [value.name]);
  const renamed = (each: string) => (each === old ? name : each);
  const written = nodes.splice(since);
  nodes.push(
    ...written.map((node) => ({ ...node, inputs: node.inputs.map(renamed), outputs: node.outputs.map(renamed) })),
  );
  return { ...value, name };
}
