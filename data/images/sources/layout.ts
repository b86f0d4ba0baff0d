/**
 * How an image array's axes, channels and elements become 8-bit RGB. One channel or no channel axis (`[N, H, W]`) is
 * gray, repeated to three. Four are RGB and one more for a network that takes four; else RGBA, whose alpha is dropped
 * where it is 255 everywhere and is an error otherwise: what lies behind a transparent pixel is not known. Integer
 * types are taken where every value lies in 0 to 255. Floats are refused: whether 1.0 means white, and whether a
 * normalisation was applied, is not in the file. With `unit` they are pixels divided by 255, and come back exactly.
 * Bool and strings are refused.
 */
import { DataError } from '../../data-error.js';
import type { NpyType, NpyValues } from '../../npy/dtype.js';
import type { NpyArray } from '../../npy/read.js';
import type { ImageSetOptions } from '../../options/index.js';
import { type DepthRange, notDeep, RANGE_HINT, ranged } from '../depth.js';

export type Layout = 'nhwc' | 'nchw';
export type Channels = 1 | 3 | 4;

export interface ImageShape {
  count: number;
  height: number;
  width: number;
  channels: Channels;
  layout: Layout;
}

/** @throws DataError `IMAGES_NONE`, `IMAGES_SHAPE`, `IMAGES_LAYOUT`, `IMAGES_CHANNELS` */
export function imageShape(shape: readonly number[], layout: Layout, where: string): ImageShape {
  const told = `[${shape.join(', ')}]`;
  const wanted = layout === 'nhwc' ? '[N, height, width, channels]' : '[N, channels, height, width]';
  if (shape.length !== 4 && shape.length !== 3) {
    throw new DataError(
      'IMAGES_SHAPE',
      `${where}: an array of shape ${told} is not a set of images, ${wanted} is needed`,
      { hint: 'Name the array that holds the images with --images.' },
    );
  }
  if (shape[0] === 0) throw new DataError('IMAGES_NONE', `${where}: no images, the shape is ${told}`);
  const result = shape.length === 3 ? grayShape(shape, where) : colourShape(shape, layout, where, told);
  if (result.height === 0 || result.width === 0) {
    throw new DataError('IMAGES_SHAPE', `${where}: images of ${result.height} × ${result.width} pixels, shape ${told}`);
  }
  return result;
}

function grayShape(shape: readonly number[], where: string): ImageShape {
  const [count, height, width] = shape as [number, number, number];
  if (isChannels(width)) {
    throw new DataError(
      'IMAGES_SHAPE',
      `${where}: shape [${shape.join(', ')}] looks like one image, [N, height, width] (gray) or four axes are needed`,
      { hint: 'Save a single image as image[np.newaxis].' },
    );
  }
  return { count, height, width, channels: 1, layout: 'nhwc' };
}

function colourShape(shape: readonly number[], layout: Layout, where: string, told: string): ImageShape {
  const [count, first, second, last] = shape as [number, number, number, number];
  const [channels, other] = layout === 'nhwc' ? [last, first] : [first, last];
  if (isChannels(channels)) {
    const [height, width] = layout === 'nhwc' ? [first, second] : [second, last];
    return { count, height, width, channels, layout };
  }
  if (isChannels(other)) {
    const flag = layout === 'nhwc' ? 'nchw' : 'nhwc';
    const order = layout === 'nhwc' ? 'before' : 'after';
    throw new DataError(
      'IMAGES_LAYOUT',
      `${where}: ${channels} channels in shape ${told} read as ${layout}; its channels seem to stand ${order} height and width`,
      { hint: `Use --layout ${flag}.` },
    );
  }
  throw new DataError(
    'IMAGES_CHANNELS',
    `${where}: ${channels} channels in shape ${told}; 3 (RGB), 1 (gray) or 4 (RGBA, opaque) are read`,
  );
}

function isChannels(n: number): n is Channels {
  return n === 1 || n === 3 || n === 4;
}

/**
 * `[rows, height, width, 3]`; the given array itself where it is that already.
 * @param pixels `rows` images in the layout and channels of `shape`; `firstRow` is for errors
 * @param keepsFourth whether a fourth channel is not alpha, but one that `fourthChannel` gives
 * @throws DataError `IMAGES_TRANSPARENT`
 */
export function toRgb(
  pixels: Uint8Array,
  rows: number,
  shape: ImageShape,
  where: string,
  firstRow: number,
  keepsFourth = false,
): Uint8Array<ArrayBufferLike> {
  const { channels, layout } = shape;
  if (channels === 3 && layout === 'nhwc') return pixels;
  const area = shape.height * shape.width;
  const rgb = new Uint8Array(rows * area * 3);
  // Steps from one pixel, and from one channel, to the next.
  const [pixelStep, channelStep] = layout === 'nhwc' ? [channels, 1] : [1, area];
  const [green, blue] = channels === 1 ? [0, 0] : [channelStep, 2 * channelStep];
  for (let row = 0; row < rows; row++) {
    const image = pixels.subarray(row * area * channels, (row + 1) * area * channels);
    if (channels === 4 && !keepsFourth) checkOpaque(image, pixelStep, channelStep, `${where} row ${firstRow + row}`);
    for (let i = 0, from = 0, to = row * area * 3; i < area; i++, from += pixelStep, to += 3) {
      rgb[to] = image[from]!;
      rgb[to + 1] = image[from + green]!;
      rgb[to + 2] = image[from + blue]!;
    }
  }
  return rgb;
}

/** `[rows, height, width]`: the last of four channels. */
export function fourthChannel(pixels: Uint8Array, rows: number, { height, width, layout }: ImageShape): Uint8Array {
  const area = height * width;
  const fourth = new Uint8Array(rows * area);
  const [pixelStep, channelStep] = layout === 'nhwc' ? [4, 1] : [1, area];
  for (let row = 0; row < rows; row++) {
    const start = row * area * 4 + 3 * channelStep;
    for (let i = 0; i < area; i++) fourth[row * area + i] = pixels[start + i * pixelStep]!;
  }
  return fourth;
}

function checkOpaque(image: Uint8Array, pixelStep: number, channelStep: number, where: string): void {
  const area = image.length / 4;
  for (let i = 0; i < area; i++) {
    const alpha = image[i * pixelStep + 3 * channelStep]!;
    if (alpha === 255) continue;
    throw new DataError('IMAGES_TRANSPARENT', `${where}: RGBA with alpha ${alpha}, only opaque images (255) are read`, {
      hint: 'Put the images on a background and save three channels.',
    });
  }
}

/** Enough to tell 0 to 1 from 0 to 255. */
const ROWS_LOOKED_AT = 16;

/**
 * `isUnit`: floats are pixels divided by 255. @throws DataError `IMAGES_DTYPE`, `IMAGES_FLOAT` with the values' range
 */
export async function checkPixelType(array: NpyArray, where: string, isUnit: boolean): Promise<void> {
  const { type } = array.header;
  if (isUnit && type.kind === 'float') return;
  if (isUnit) {
    throw new DataError(
      'IMAGES_DTYPE',
      `${where}: images of dtype ${type.descr}, floats from 0 to 1 were said to be there`,
      { hint: 'Leave --pixels unit out.' },
    );
  }
  if (type.kind === 'uint' || type.kind === 'int') {
    if (type.itemBytes > 1) await checkFirstPixels(array, where);
    return;
  }
  if (type.kind !== 'float') {
    throw new DataError('IMAGES_DTYPE', `${where}: images of dtype ${type.descr}, uint8 (0 to 255) is needed`);
  }
  for await (const { values, rows } of array.rows(ROWS_LOOKED_AT)) throw floatError(type, values, rows, where);
}

/** Values of more than 8 bits are found before a network is loaded, as far as the first images show them. */
async function checkFirstPixels(array: NpyArray, where: string): Promise<void> {
  for await (const { values, rows } of array.rows(ROWS_LOOKED_AT)) {
    toPixels(values, null, where, 0, values.length / rows);
    return;
  }
}

function floatError(type: NpyType, values: NpyValues, rows: number, where: string): DataError {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values as Iterable<number>) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const range = low <= high ? `${short(low)} to ${short(high)}` : 'NaN';
  return new DataError(
    'IMAGES_FLOAT',
    `${where}: images of dtype ${type.descr} (${range} in the first ${rows} rows), uint8 (0 to 255) is needed`,
    { hint: floatHint(low, high) },
  );
}

function floatHint(low: number, high: number): string {
  if (low >= 0 && high <= 1) return 'If they are pixels divided by 255: --pixels unit.';
  if (low >= 0 && high <= 255) return 'Save images.round().astype(np.uint8).';
  if (low >= 0 && isDeep(high)) return `If they are of a camera, save images.round().astype(np.uint16). ${RANGE_HINT}`;
  return 'Undo the normalisation: save ((images * std + mean) * 255).round().clip(0, 255).astype(np.uint8).';
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** @throws DataError `IMAGES_DEPTH` for what is not uint16, `IMAGES_CHANNELS` for alpha of 16 bits */
export function checkDeepType(
  type: NpyType,
  shape: ImageShape,
  { range, channels, pixels }: ImageSetOptions & { range: DepthRange },
  where: string,
): void {
  const told = pixels === 'unit' ? `${type.descr}, said to be pixels divided by 255` : type.descr;
  if (type.kind !== 'uint' || type.itemBytes !== 2 || pixels === 'unit') {
    throw notDeep(where, `images of dtype ${told}, not uint16`, range, 'IMAGES_DEPTH');
  }
  if (shape.channels !== 4 || channels === 4) return;
  throw new DataError(
    'IMAGES_CHANNELS',
    `${where}: RGBA of uint16; 3 channels (RGB) or 1 (gray) are read with a range`,
  );
}

/** Levels in the layout of the values, and the share of each image's pixels that is cut off. */
export function deepPixels(values: Uint16Array, shape: ImageShape, range: DepthRange) {
  const { height, width, channels, layout } = shape;
  const [area, length] = [height * width, height * width * channels];
  const pixels = new Uint8Array(values.length);
  const cutOffs = new Float32Array(values.length / length);
  for (let row = 0; row < cutOffs.length; row++) {
    const image = values.subarray(row * length, (row + 1) * length);
    const { levels, cutOff: cut } = ranged(image, range, layout === 'nhwc' ? channels : 1);
    pixels.set(levels, row * length);
    cutOffs[row] = (layout === 'nhwc' ? cut : cutInPlanes(image, area, range)) / area;
  }
  return { pixels, cutOffs };
}

/** Pixels whose channels lie one plane behind the other. */
function cutInPlanes(image: Uint16Array, area: number, [low, high]: DepthRange): number {
  let cut = 0;
  for (let pixel = 0; pixel < area; pixel++) {
    let isCut = false;
    for (let i = pixel; i < image.length; i += area) isCut ||= image[i]! < low || image[i]! > high;
    if (isCut) cut++;
  }
  return cut;
}

/** Twice the rounding error of a division by 255, in pixels, by the bytes of a value: float16, float32 and float64. */
export const UNIT_ROUNDING: Readonly<Record<number, number>> = { 2: 2 ** -2, 4: 2 ** -15, 8: 2 ** -44 };

/**
 * Integers as pixels; with `rounding`, in pixels, values that were divided by 255, exactly as they were.
 * @param rowLength elements a row; `firstRow` is the number of the first row, for errors
 * @throws DataError `IMAGES_RANGE` for a value that is not a pixel
 */
export function toPixels(
  values: NpyValues,
  rounding: number | null,
  where: string,
  firstRow: number,
  rowLength: number,
): Uint8Array {
  if (values instanceof Uint8Array) return values;
  const scale = rounding === null ? 1 : 255;
  const pixels = new Uint8Array(values.length);
  for (let i = 0; i < pixels.length; i++) {
    const scaled = scale * (values[i] as number);
    const pixel = Math.round(scaled);
    if (!(pixel >= 0 && pixel <= 255 && Math.abs(scaled - pixel) <= (rounding ?? 0))) {
      throw rangeError(values[i]!, rounding !== null, `${where} row ${firstRow + Math.floor(i / rowLength)}`);
    }
    pixels[i] = pixel;
  }
  return pixels;
}

function rangeError(value: number | string, isUnit: boolean, place: string): DataError {
  if (!isUnit) {
    const message = `${place}: the pixel value ${value} is outside 0 to 255`;
    return new DataError('IMAGES_RANGE', message, isDeep(value) ? { hint: RANGE_HINT } : {});
  }
  return new DataError('IMAGES_RANGE', `${place}: ${value} is no pixel from 0 to 255 divided by 255`, {
    hint: 'The images are resized or normalised floats: save them as uint8.',
  });
}

function isDeep(value: number | string): boolean {
  return typeof value === 'number' && value > 255 && value < 2 ** 16;
}
