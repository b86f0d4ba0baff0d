/** The models of TensorFlow.js in the fixtures, and the images that make_models.mjs gives to them. */
import { join } from 'node:path';
import type { Values } from '../../graph/operations/operation.js';
import { fixtures } from './places.js';

export const tfjsFolder = join(fixtures, 'convert', 'tfjs');

/** As `fixtureImages`, of any size. @param size `[height, width, channels]` */
export function tfjsImages(count: number, [height, width, channels]: readonly [number, number, number]): Values {
  const plane = height * width;
  const data = new Float64Array(count * channels * plane);
  for (let n = 0; n < count; n++) {
    for (let pixel = 0; pixel < plane * channels; pixel++) {
      const byte = (pixel * 7919 + n * 104_729 + Math.floor(pixel / 13)) % 256;
      const [channel, place] = [pixel % channels, Math.floor(pixel / channels)];
      data[(n * channels + channel) * plane + place] = (byte / 255 - 0.5) / 0.5;
    }
  }
  return { shape: [count, channels, height, width], data };
}
