/** Images as they travel through the program: uint8, RGB, all of one size, several at once; and the channels that a network takes. */
import { DataError } from '../data-error.js';

export interface PixelBatch {
  /** Number of images. */
  rows: number;
  /** Height of every image, pixels. */
  height: number;
  /** Width of every image, pixels. */
  width: number;
  /** `[rows, height, width, 3]`, RGB, row-major. */
  data: Uint8Array;
  /** `[rows, height, width]`: the fourth channel, where it was asked for. */
  fourth?: Uint8Array | undefined;
  /** `[rows]`: the share of each image's pixels that a range cut off, where the weights have one. */
  cutOffs?: Float32Array | undefined;
}

/** One image: `[height, width, 3]`, RGB, row-major. */
export interface Image {
  height: number;
  width: number;
  data: Uint8Array;
}

export function* imagesOf(batch: PixelBatch): Generator<Image, void, undefined> {
  const { rows, height, width, data } = batch;
  const bytes = height * width * 3;
  for (let row = 0; row < rows; row++) yield { height, width, data: data.subarray(row * bytes, (row + 1) * bytes) };
}

/** A batch of the same number of rows, each image made from the one in its place; all results of one size. */
export function mapImages(batch: PixelBatch, change: (image: Image, row: number) => Image): PixelBatch {
  let result: PixelBatch = { rows: 0, height: batch.height, width: batch.width, data: new Uint8Array(0) };
  let row = 0;
  for (const image of imagesOf(batch)) {
    const { height, width, data } = change(image, row);
    if (row === 0) result = { rows: batch.rows, height, width, data: new Uint8Array(batch.rows * data.length) };
    result.data.set(data, row * data.length);
    row++;
  }
  return result;
}

/** ITU-R BT.601 in units of 1/65,536, as Pillow's `convert('L')` has it. Equal channels give their own value. */
const [RED, GREEN, BLUE] = [19_595, 38_470, 7_471];

/**
 * `data` as `[rows, height, width, channels]`; the batch itself for RGB.
 * @throws DataError `IMAGES_CHANNELS` if the network takes four channels and the images have no fourth
 */
export function withChannels<B extends PixelBatch>(batch: B, channels: number, where: string): B {
  if (channels === 3) return batch;
  return { ...batch, data: channels === 1 ? gray(batch) : joined(batch, where) };
}

function gray({ data }: PixelBatch): Uint8Array {
  const values = new Uint8Array(data.length / 3);
  for (let i = 0, at = 0; i < values.length; i++, at += 3) {
    values[i] = (RED * data[at]! + GREEN * data[at + 1]! + BLUE * data[at + 2]! + 0x8000) >> 16;
  }
  return values;
}

function joined({ data, fourth }: PixelBatch, where: string): Uint8Array {
  if (fourth === undefined) throw fewChannels(3, where);
  const values = new Uint8Array(4 * fourth.length);
  for (let i = 0; i < fourth.length; i++) {
    for (let c = 0; c < 3; c++) values[4 * i + c] = data[3 * i + c]!;
    values[4 * i + 3] = fourth[i]!;
  }
  return values;
}

export function fewChannels(channels: number, where: string): DataError {
  return new DataError('IMAGES_CHANNELS', `${where}: images of ${channels} channels, the network takes 4`, {
    hint: 'Save the array with all channels of the network, [N, height, width, 4].',
  });
}
