/** The images that make_networks.py and make_programs.py give to PyTorch: bytes, normalised with mean and std of 0.5. */
import type { Values } from '../../graph/operations/operation.js';

export function fixtureImages(count: number, size: number): Values {
  const data = new Float64Array(count * 3 * size * size);
  for (let n = 0; n < count; n++) {
    for (let pixel = 0; pixel < size * size * 3; pixel++) {
      const byte = (pixel * 7919 + n * 104_729 + Math.floor(pixel / 13)) % 256;
      const [channel, place] = [pixel % 3, Math.floor(pixel / 3)];
      data[(n * 3 + channel) * size * size + place] = (byte / 255 - 0.5) / 0.5;
    }
  }
  return { shape: [count, 3, size, size], data };
}
