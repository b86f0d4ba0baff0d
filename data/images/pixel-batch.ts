/** Images as they travel through the program: uint8, RGB, all of one size, several at once. */

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
}

/** One image: `[height, width, 3]`, RGB, row-major. */
export interface Image {
  height: number;
  width: number;
  data: Uint8Array;
}

/** The images of a batch, one after the other, as views of its data. */
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
