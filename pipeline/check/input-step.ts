/** With the program's inputs: which step before the network differs, or that none does. */
import type { Preprocessing } from '../../weights/index.js';
import type { CheckFile } from './check-file.js';
import { type Feeding, fed, normalisationFlags, type OtherFeeding, otherResizes } from './feedings.js';

// How the program's inputs follow from pixels that were prepared here. Where resize and crop agree, each channel is
// `pixel × slope + offset` with the same two numbers for every pixel of every image, whatever the normalisation: a line
// fits all of them only if the pixels are the same.

interface InputPair {
  height: number;
  width: number;
  channels: number;
  /** `[height, width, channels]`, as prepared here. */
  pixels: Uint8Array;
  /** `[channels, height, width]`, of the program. */
  input: Float32Array;
}

/** The program's normalisation, `(pixel/255 - mean) / std`, in the order in which it feeds the channels. */
interface InputFit {
  mean: number[];
  std: number[];
  isReversed: boolean;
}

/** In units of a pixel's steps from 0 to 255: float32 rounds to a thousandth, another resize differs by one or more. */
const MAX_RESIDUAL = 0.02;

/** Only pairs with as many channels, with the same pixels. @returns null where no line fits: the pixels differ */
function fitInputs(pairs: readonly InputPair[]): InputFit | null {
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

type See = (pixel: number, value: number) => void;

function visit(pairs: readonly InputPair[], channel: number, ours: number, see: See): void {
  for (const { height, width, channels, pixels, input } of pairs) {
    const area = height * width;
    for (let i = 0; i < area; i++) see(pixels[i * channels + ours]!, input[channel * area + i]!);
  }
}

/** Both in units of pixel/255. The program's numbers come out of float32, so the last digits are not its own. */
function isSameNormalisation(
  a: Pick<InputFit, 'mean' | 'std'>,
  b: { mean: readonly number[]; std: readonly number[] },
): boolean {
  const isClose = (x: number, y: number) => Math.abs(x - y) <= 1e-4;
  return (
    a.mean.every((value, i) => isClose(value / a.std[i]!, b.mean[i]! / b.std[i]!)) &&
    a.std.every((value, i) => isClose(b.std[i]! / value, 1))
  );
}

const SAMPLE_BYTES = 2 ** 26;
/** Images that are looked at; a wrong step shows on each. */
const SAMPLE_IMAGES = 12;
const TRIED_IMAGES = 2;

export interface InputStep {
  step: OtherFeeding['step'];
  /** The two values, or the two sizes, that disagree. */
  words: string;
  /** What would give the inputs of the program; null if nothing that is known here. */
  feeding: OtherFeeding | null;
}

export async function inputStep(file: CheckFile, preprocessing: Preprocessing): Promise<InputStep | null> {
  const [channels, height, width] = file.inputShape!;
  const inputs = await sampled(file);
  const ours: Feeding = { preprocessing, isReversed: false };
  const pairs = await paired(file, inputs, ours);
  const fit = pairs === null ? null : fitInputs(pairs);
  if (fit !== null) return colourStep(pairs!, fit, preprocessing);
  const words = pairs === null ? await sizeWords(file, ours) : valueWords(pairs, preprocessing);
  if (channels !== preprocessing.mean.length) return { step: 'channel order', words, feeding: null };
  for (const other of otherResizes(preprocessing, [height, width])) {
    const few = await paired(file, inputs.slice(0, TRIED_IMAGES), other);
    if (few === null || fitInputs(few) === null) continue;
    const all = await paired(file, inputs, other);
    const found = all && fitInputs(all);
    if (found) return { step: 'resize', words, feeding: withColours(other, found) };
  }
  return { step: 'resize', words, feeding: null };
}

/** Whether every image's input is the pixels fed here, in any normalisation, which a network may have inside. */
export async function isFedAlike(file: CheckFile, preprocessing: Preprocessing): Promise<boolean> {
  let index = 0;
  for await (const input of file.inputs()) {
    const pairs = await paired(file, [input], { preprocessing, isReversed: false }, index++);
    if (pairs === null || fitInputs(pairs) === null) return false;
  }
  return true;
}

async function sampled(file: CheckFile): Promise<Float32Array[]> {
  const inputs: Float32Array[] = [];
  let bytes = 0;
  for await (const input of file.inputs(Math.min(SAMPLE_IMAGES, file.images))) {
    bytes += input.byteLength;
    if (bytes > SAMPLE_BYTES && inputs.length > 0) break;
    inputs.push(input);
  }
  return inputs;
}

/** Null where a size or a number of channels differs. */
async function paired(file: CheckFile, inputs: readonly Float32Array[], feeding: Feeding, first = 0) {
  const [channels, ...size] = file.inputShape!;
  const pairs: InputPair[] = [];
  for (const [i, input] of inputs.entries()) {
    const where = `${file.path}: image_${first + i}`;
    const { height, width, data } = fed(await file.image(first + i), feeding, where);
    if (data.length !== channels * size[0] * size[1] || height !== size[0] || width !== size[1]) return null;
    pairs.push({ height, width, channels, pixels: data, input });
  }
  return pairs;
}

function colourStep(pairs: readonly InputPair[], fit: InputFit, preprocessing: Preprocessing): InputStep | null {
  if (!fit.isReversed && isSameNormalisation(fit, preprocessing)) return null;
  const same: OtherFeeding = { step: 'normalisation', preprocessing, isReversed: false, flags: '' };
  const feeding = withColours(same, fit);
  return { step: fit.isReversed ? 'channel order' : 'normalisation', words: valueWords(pairs, preprocessing), feeding };
}

/** A feeding with the normalisation and the order of the program. */
function withColours(feeding: OtherFeeding, { mean, std, isReversed }: InputFit): OtherFeeding {
  const ofColours = isReversed ? { mean: mean.toReversed(), std: std.toReversed() } : { mean, std };
  const isOther = isReversed || !isSameNormalisation(ofColours, feeding.preprocessing);
  const flags = [feeding.flags, isOther ? normalisationFlags(ofColours) : '', isReversed ? '--channel-order bgr' : ''];
  const all = flags.filter((flag) => flag !== '').join(' ');
  return { ...feeding, isReversed, preprocessing: { ...feeding.preprocessing, mean, std }, flags: all };
}

async function sizeWords(file: CheckFile, ours: Feeding): Promise<string> {
  const { height, width, data } = fed(await file.image(0), ours, `${file.path}: image_0`);
  const here = [data.length / (height * width), height, width];
  return `its input is [${file.inputShape!.join(', ')}] in the file, [${here.join(', ')}] here (channels, height, width)`;
}

function valueWords([pair]: readonly InputPair[], { mean, std }: Preprocessing): string {
  const { height, width, channels, pixels, input } = pair!;
  const area = height * width;
  const here = (i: number) => {
    const channel = Math.floor(i / area);
    return (pixels[(i % area) * channels + channel]! / 255 - mean[channel]!) / std[channel]!;
  };
  let at = 0;
  for (let i = 0; i < input.length; i++) if (Math.abs(input[i]! - here(i)) > Math.abs(input[at]! - here(at))) at = i;
  const place = [Math.floor(at / area), Math.floor((at % area) / width), at % width];
  return `its input [${place.join(', ')}] is ${input[at]!.toPrecision(5)} in the file, ${here(at).toPrecision(5)} here`;
}
