/**
 * Values of TensorFlow on their way to ONNX's operators. TensorFlow has the channels of a map last, `[N, H, W, C]`; a graph here
 * has them first. So a map is written as `[N, C, H, W]` from the image on, and is turned around only for an operation that
 * looks at the order of its values.
 */
export interface TfValue {
  /** The value of ONNX. */
  name: string;
  /** Dimensions in TensorFlow, the batch included. */
  rank: number;
  /** Whether it is written as `[N, C, H, W]` where TensorFlow has `[N, H, W, C]`. */
  isMap: boolean;
  /** Sizes of a constant, where they are known; null for a constant that operators make, and for what the network computes. */
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
