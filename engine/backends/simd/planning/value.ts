/** An activation in the arena: `[height][width][image][channel]`, channels padded to a multiple of 16. */
import { roundUp } from '../../../../base/wasm/index.js';
import { LANES } from '../abi/layout.js';
import { ArenaBuffer } from './draft.js';

export interface Value {
  buffer: ArenaBuffer;
  /** The number of images side by side in the buffer. The value may be only the first of them. */
  imagesInBuffer: number;
  /** `[channels, height, width]`. */
  map: readonly [number, number, number];
  /** Floats from one row to the next. */
  channelStride: number;
}

/** How to step through a buffer of rows, in bytes. */
export interface RowStrides {
  y: number;
  x: number;
  image: number;
}

export function makeValue(map: readonly [number, number, number], images: number): Value {
  const channelStride = roundUp(map[0], LANES);
  const buffer = new ArenaBuffer(map[1] * map[2] * images * channelStride * 4);
  return { buffer, imagesInBuffer: images, map, channelStride };
}

export function rowStrides({ map, channelStride, imagesInBuffer }: Value): RowStrides {
  const image = channelStride * 4;
  return { image, x: image * imagesInBuffer, y: image * imagesInBuffer * map[2] };
}

/** The number of floats of so many images. */
export function floatsOf({ map, channelStride }: Value, images: number): number {
  return map[1] * map[2] * images * channelStride;
}
