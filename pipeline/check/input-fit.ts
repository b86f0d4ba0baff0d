/**
 * How the inputs of the program follow from pixels that were prepared here. Where resize and crop agree, each channel is
 * `pixel × slope + offset` with the same two numbers for every pixel of every image, whatever the normalisation is: a line
 * through all of them, and none of a pixel's neighbours, can only be fitted if the pixels are the same.
 */

/** One image: what is fed here, and what the program fed. */
export interface InputPair {
  height: number;
  width: number;
  channels: number;
  /** `[height, width, channels]`, as prepared here. */
  pixels: Uint8Array;
  /** `[channels, height, width]`, of the program. */
  input: Float32Array;
}

/** The program's normalisation, `(pixel/255 - mean) / std`, in the order in which it feeds the channels. */
export interface InputFit {
  mean: number[];
  std: number[];
  /** Whether it feeds blue, green, red. */
  isReversed: boolean;
}

/** In units of a pixel's steps from 0 to 255: float32 rounds to a thousandth, another resize differs by one or more. */
const MAX_RESIDUAL = 0.02;

/**
 * Only pairs of one number of channels, and of the same pixels in each.
 * @returns null where no line fits: the pixels differ
 */
export function fitInputs(pairs: readonly InputPair[]): InputFit | null {
  const channels = pairs[0]?.channels ?? 0;
  const orders = channels === 3 ? [false, true] : [false];
  for (const isReversed of orders) {
    const lines = Array.from({ length: channels }, (_, channel) => {
      return fitLine(pairs, channel, isReversed ? channels - 1 - channel : channel);
    });
    const fitted = lines.filter((line) => line !== null);
    if (fitted.length < channels) continue;
    return {
      mean: fitted.map(({ slope, offset }) => -offset / (255 * slope)),
      std: fitted.map(({ slope }) => 1 / (255 * slope)),
      isReversed,
    };
  }
  return null;
}

/** Least squares. @param channel of the program @param ours of the pixels here */
function fitLine(pairs: readonly InputPair[], channel: number, ours: number): { slope: number; offset: number } | null {
  let [n, p, x, pp, px] = [0, 0, 0, 0, 0];
  visit(pairs, channel, ours, (pixel, value) => {
    n++;
    p += pixel;
    x += value;
    pp += pixel * pixel;
    px += pixel * value;
  });
  const slope = (n * px - p * x) / (n * pp - p * p);
  const offset = (x - slope * p) / n;
  if (!(slope > 0) || !Number.isFinite(offset)) return null;
  let largest = 0;
  visit(pairs, channel, ours, (pixel, value) => {
    largest = Math.max(largest, Math.abs(value - slope * pixel - offset));
  });
  return largest <= MAX_RESIDUAL * slope ? { slope, offset } : null;
}

function visit(
  pairs: readonly InputPair[],
  channel: number,
  ours: number,
  see: (pixel: number, value: number) => void,
): void {
  for (const { height, width, channels, pixels, input } of pairs) {
    const area = height * width;
    for (let i = 0; i < area; i++) see(pixels[i * channels + ours]!, input[channel * area + i]!);
  }
}

/** Both in units of pixel/255. The program's numbers come out of float32, so the last digits are not its own. */
export function isSameNormalisation(
  a: Pick<InputFit, 'mean' | 'std'>,
  b: { mean: readonly number[]; std: readonly number[] },
): boolean {
  const isClose = (x: number, y: number) => Math.abs(x - y) <= 1e-4;
  return (
    a.mean.every((value, i) => isClose(value / a.std[i]!, b.mean[i]! / b.std[i]!)) &&
    a.std.every((value, i) => isClose(b.std[i]! / value, 1))
  );
}
