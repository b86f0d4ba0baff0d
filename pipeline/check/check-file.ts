/**
 * The file of `convert --check`: images, and what the model's own program makes of them. Refused where nothing could be
 * compared, or wrong networks would pass as well. Images and inputs are read one by one.
 */
import { sha256 } from '#platform';
import { nearest, quoted } from '../../base/index.js';
import { type NpyHeader, type NpyValues, NpzFile, npyRowCount, npyRowLength } from '../../data/index.js';
import { sha256OfFile } from '../../files/index.js';
import { CheckError } from './check-error.js';

/** One image of the file, and what its pixels were before the network: `[height, width, channels]`. */
export interface CheckImage {
  height: number;
  width: number;
  channels: 1 | 3 | 4;
  data: Uint8Array;
}

export interface Table {
  rows: number;
  columns: number;
  /** `[rows, columns]`, row-major. */
  data: Float32Array;
}

/** Fewer could agree by chance where a network ignores most of an image. */
const MIN_IMAGES = 8;
/** A hundred prove as much as more; a thousand take seconds to minutes. */
const MAX_IMAGES = 1000;
const MAX_PIXELS = 100_000_000;
/** All embeddings, or all scores: 1,000 maps of 100,000 values, or the scores of 21,841 classes. */
const MAX_VALUES = 100_000_000;
/** Least difference between images, as a share of the largest value: ten times the tolerance to the program's. */
const MIN_SPREAD = 1e-3;

const EMBEDDINGS = 'embeddings';
const SCORES = 'scores';
const INPUTS = 'inputs';
const IMAGE = /^image_(0|[1-9]\d{0,8})$/;

export class CheckFile {
  private constructor(
    readonly path: string,
    readonly sha256: string,
    readonly images: number,
    /** `[images, values]`: the embeddings of the program. */
    readonly embeddings: Table,
    /** `[images, classes]`: its class scores. */
    readonly scores: Table | null,
    /** `[channels, height, width]` of what it fed the network; null where the file does not say. */
    readonly inputShape: readonly [number, number, number] | null,
    readonly npz: NpzFile,
  ) {}

  static async open(path: string): Promise<CheckFile> {
    const npz = await NpzFile.open(path);
    try {
      const images = countImages(npz);
      const embeddings = await outputs(npz, EMBEDDINGS, images);
      checkSpread(path, EMBEDDINGS, embeddings);
      const scores = npz.has(SCORES) ? await outputs(npz, SCORES, images) : null;
      if (scores !== null && largestOf(scores) === 0) checkSpread(path, SCORES, scores);
      const inputShape = npz.has(INPUTS) ? inputShapeOf(npz, await npz.header(INPUTS), images) : null;
      return new CheckFile(path, await sha256OfFile(path), images, embeddings, scores, inputShape, npz);
    } catch (error) {
      await npz.close();
      throw error;
    }
  }

  async image(index: number): Promise<CheckImage> {
    const name = `image_${index}`;
    const array = await this.npz.array(name);
    try {
      const { type, shape } = array.header;
      const [height = 0, width = 0, channels = 1] = shape;
      const isImage = [2, 3].includes(shape.length) && [1, 3, 4].includes(channels) && height > 0 && width > 0;
      if (!isImage || type.kind !== 'uint' || type.itemBytes !== 1) {
        throw wrongArray(this.npz, name, array.header, 'uint8 [height, width, 3] or [height, width] is needed');
      }
      if (height * width > MAX_PIXELS) {
        throw wrongArray(this.npz, name, array.header, `at most ${MAX_PIXELS.toLocaleString('en')} pixels are read`);
      }
      for await (const { values } of array.rows(height)) {
        return { height, width, channels: channels as 1 | 3 | 4, data: values as Uint8Array };
      }
      throw new TypeError('an image without rows');
    } finally {
      await array.close();
    }
  }

  /** What the program fed the network, image by image: `[channels, height, width]`. @param end image to end before */
  async *inputs(end = this.images): AsyncIterable<Float32Array> {
    const array = await this.npz.array(INPUTS);
    for await (const { firstRow, values } of array.rows(1, 0, end)) {
      const data = Float32Array.from(values as Float32Array);
      checkFinite(this.path, INPUTS, { rows: 1, columns: data.length, data }, firstRow);
      yield data;
    }
  }

  /** Wrong networks' scores agree, too, if all are of one class. @throws CheckError `CHECK_PROVES_NOTHING` */
  checkScores(): void {
    if (this.scores !== null) checkSpread(this.path, SCORES, this.scores);
  }

  close(): Promise<void> {
    return this.npz.close();
  }
}

/** Tells images that show something about a network from those that do not. */
export class SeenImages {
  readonly #hashes = new Set<string>();
  hasColour = false;

  add({ height, width, channels, data }: CheckImage): void {
    const pixel = data.subarray(0, channels);
    const isConstant = data.every((value, i) => value === pixel[i % channels]);
    if (isConstant) return;
    this.#hashes.add(sha256().update(`${height}×${width}×${channels}\0`).update(data).digest('hex'));
    const colours = channels === 1 ? 1 : 3;
    this.hasColour ||= colours === 3 && data.some((value, i) => i % channels < 3 && value !== data[i - (i % channels)]);
  }

  /** @throws CheckError `CHECK_PROVES_NOTHING` if too few images are different and have more than one colour */
  check(path: string, images: number): void {
    const { size } = this.#hashes;
    if (size >= MIN_IMAGES) return;
    const message = `${path}: ${size} of ${images} images are different and have more than one colour, at least ${MIN_IMAGES} are needed`;
    const hint = 'Take photographs. Black images and copies come out right in wrong networks, too.';
    throw new CheckError('CHECK_PROVES_NOTHING', message, { hint });
  }
}

function countImages(npz: NpzFile): number {
  const numbers = new Set<number>();
  for (const name of npz.names) {
    const number = IMAGE.exec(name)?.[1];
    if (number !== undefined) numbers.add(Number(number));
    else if (![EMBEDDINGS, SCORES, INPUTS].includes(name)) throw strangeArray(npz, name);
  }
  const missing = Array.from({ length: Math.min(numbers.size, MAX_IMAGES) }, (_, i) => i).find((i) => !numbers.has(i));
  if (missing !== undefined) {
    throw invalid(`${npz.path}: no array image_${missing}, there is image_${Math.max(...numbers)}`);
  }
  if (numbers.size < MIN_IMAGES || numbers.size > MAX_IMAGES) {
    throw invalid(
      `${npz.path}: ${numbers.size.toLocaleString('en')} images, from ${MIN_IMAGES} to ${MAX_IMAGES.toLocaleString('en')} are compared`,
      'They are arrays image_0, image_1, …',
    );
  }
  return numbers.size;
}

function strangeArray(npz: NpzFile, name: string): CheckError {
  const close = nearest(name, [EMBEDDINGS, SCORES, INPUTS, 'image_0']);
  return invalid(
    `${npz.path}: array ${quoted(name)} is none of image_0, image_1, …, ${EMBEDDINGS}, ${SCORES} and ${INPUTS}`,
    close === null ? undefined : `Did you mean ${close}?`,
  );
}

/** `[images, values]` of the program; a row of any shape is flattened. */
async function outputs(npz: NpzFile, name: string, images: number): Promise<Table> {
  const array = await npz.array(name);
  try {
    const { header } = array;
    const [rows, columns] = [npyRowCount(header), npyRowLength(header)];
    if (header.shape.length < 2 || rows !== images) {
      throw wrongArray(npz, name, header, `[${images}, values] is needed: one row for each of ${images} images`);
    }
    checkFloats(npz, name, header);
    if (rows * columns > MAX_VALUES) {
      throw wrongArray(npz, name, header, `at most ${MAX_VALUES.toLocaleString('en')} values are compared`);
    }
    const data = new Float32Array(rows * columns);
    for await (const { firstRow, values } of array.rows(Math.max(1, Math.floor(2 ** 20 / columns)))) {
      data.set(values as Exclude<NpyValues, string[]>, firstRow * columns);
    }
    const matrix = { rows, columns, data };
    checkFinite(npz.path, name, matrix);
    return matrix;
  } finally {
    await array.close();
  }
}

/** float16 has three digits, fewer than are compared. */
function checkFloats(npz: NpzFile, name: string, header: NpyHeader): void {
  if (header.type.kind === 'float' && header.type.itemBytes >= 4) return;
  throw wrongArray(npz, name, header, 'float32 or float64 is needed', 'Run the program in float32, on the CPU.');
}

function checkFinite(path: string, name: string, { columns, data }: Table, firstRow = 0): void {
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const row = firstRow + Math.floor(at / columns);
  throw invalid(`${path}: ${name}[${row}, ${at % columns}] (image_${row}) is ${data[at]}, finite values are compared`);
}

/** @throws CheckError `CHECK_PROVES_NOTHING` for outputs that a network which looks at no image has, too */
function checkSpread(path: string, name: string, matrix: Table): void {
  const [largest, spread] = [largestOf(matrix), spreadOf(matrix)];
  if (largest > 0 && spread >= MIN_SPREAD * largest) return;
  const found =
    largest === 0
      ? `all ${name} are 0`
      : `${name} differ by ${spread.toPrecision(3)} at most from image to image, the largest value is ${largest.toPrecision(3)}`;
  const message = `${path}: ${found}: a network that ignores its images gives nearly the same`;
  const ofScores = 'Take images of several classes, and a trained network.';
  const hint = 'Take photographs of different things, and a trained network in eval mode.';
  throw new CheckError('CHECK_PROVES_NOTHING', message, { hint: name === SCORES ? ofScores : hint });
}

export function largestOf({ data }: Table): number {
  return data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

function spreadOf({ rows, columns, data }: Table): number {
  const [least, most] = [data.slice(0, columns), data.slice(0, columns)];
  for (let i = 0; i < rows * columns; i++) {
    const [column, value] = [i % columns, data[i]!];
    least[column] = Math.min(least[column]!, value);
    most[column] = Math.max(most[column]!, value);
  }
  return least.reduce((spread, value, column) => Math.max(spread, most[column]! - value), 0);
}

function inputShapeOf(npz: NpzFile, header: NpyHeader, images: number): [number, number, number] {
  const [rows, channels = 0, height = 0, width = 0] = header.shape;
  const needed = `[${images}, channels, height, width] is needed`;
  if (header.shape.length !== 4 || rows !== images) throw wrongArray(npz, INPUTS, header, needed);
  checkFloats(npz, INPUTS, header);
  if (![1, 3, 4].includes(channels) && [1, 3, 4].includes(width)) {
    const hint = 'Save inputs.transpose(0, 3, 1, 2): the channels come before height and width.';
    throw wrongArray(npz, INPUTS, header, needed, hint);
  }
  return [channels, height, width];
}

function wrongArray(npz: NpzFile, name: string, header: NpyHeader, needed: string, hint?: string): CheckError {
  return invalid(`${npz.where(name)}: ${header.type.descr} [${header.shape.join(', ')}], ${needed}`, hint);
}

function invalid(
  message: string,
  hint = 'image-drift convert --check-script torch (or transformers, timm, tensorflow) prints a program that writes it.',
): CheckError {
  return new CheckError('CHECK_INVALID', message, { hint });
}
