/** Turns images into network inputs, as engines do inside. The reference starts from these inputs. */
import type { ImageBatch } from '../../engine/index.js';
import type { Values } from '../../graph/operations/operation.js';

/** `[N, 3, H, W]`, rounded to float32 after every step, as torchvision's `ToTensor` and `Normalize` do. */
export function networkInput(
  { rows, height, width, data }: ImageBatch,
  mean: readonly number[],
  std: readonly number[],
): Values {
  const plane = height * width;
  const seen = new Float64Array(rows * 3 * plane);
  for (let i = 0; i < seen.length; i++) {
    const image = Math.floor(i / (3 * plane));
    const channel = Math.floor(i / plane) % 3;
    const pixel = data[(image * plane + (i % plane)) * 3 + channel]!;
    const centred = Math.fround(Math.fround(pixel / 255) - Math.fround(mean[channel]!));
    seen[i] = Math.fround(centred / Math.fround(std[channel]!));
  }
  return { shape: [rows, 3, height, width], data: seen };
}
