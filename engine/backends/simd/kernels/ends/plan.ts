/** Both ends of a plan: pixels become the input of the first layers, normalised on the way, and logits scores. */
import { roundUp } from '../../../../../base/wasm/index.js';
import type { PlanRow } from '../../../../contract/engine-description.js';
import { ALIGNMENT, callShape } from '../../abi.js';
import type { Filter } from '../../planning/axis.js';
import { ArenaBuffer, makeValue, type Table, type Value } from '../../planning/draft.js';
import { type Compilation, type RowsOfPixels, weightless } from '../../planning/step.js';

/**
 * Pixels `[image][y][x][channel]`, uint8, to normalised floats `[y][image][left + x + right][channel]` with zeros at
 * both sides. A first convolution reads these, and each of its taps is then a whole row of the filter. A row has
 * `rowBytes`; what remains after the right border is zero too. `scaleAt`: see `pixelScale`. A unit is one y.
 */
export const PACK_ROWS = callShape(
  'packRows',
  'pixelsOffset outputOffset scaleAt images height width left right rowBytes channels',
);

/** Pixels `[image][y][x][channel]`, uint8, to activations of at most 4 channels with a channel stride of 16. A unit is one y. */
export const PACK_CHANNELS = callShape(
  'packChannels',
  'pixelsOffset outputOffset scaleAt images height width channels',
);

/** Floats of the pattern of factors, and of the pattern of terms: a multiple of 1, 3 and 4 channels. */
const PATTERN = 12;

/** `scaleAt`: `1/(255·std)` of the channels over and over (`RGBRGBRGBRGB`), then `−mean/std` likewise, in float32. */
export function pixelScale(mean: readonly number[], std: readonly number[]): Float32Array {
  const pixels = Array.from({ length: PATTERN / mean.length });
  const factors = pixels.flatMap(() => std.map((deviation) => 1 / (255 * deviation)));
  const terms = pixels.flatMap(() => mean.map((average, c) => -average / std[c]!));
  return Float32Array.from([...factors, ...terms]);
}

interface Images {
  images: number;
  height: number;
  width: number;
  mean: readonly number[];
  std: readonly number[];
}

export class InputImage {
  /** `[image][y][x][channel]`, uint8. */
  readonly pixels: ArenaBuffer;
  readonly #node: string;
  readonly #map: readonly [number, number, number];
  readonly #images: Images;
  #channels: Value | null = null;
  /** A row of the plan for each layout that was asked for. */
  readonly rows: PlanRow[] = [];

  /** @param pixels left out: a new buffer for these images */
  constructor(node: string, images: Images, pixels?: ArenaBuffer) {
    const { height, width } = images;
    this.#node = node;
    this.#images = images;
    this.#map = [images.mean.length, height, width];
    this.pixels = pixels ?? new ArenaBuffer(images.images * this.bytesPerImage);
  }

  /** The first of these images, laid out without the others. */
  first(): InputImage {
    return new InputImage(this.#node, { ...this.#images, images: 1 }, this.pixels);
  }

  /** Bytes from the pixels of one image to the pixels of the next. */
  get bytesPerImage(): number {
    return this.#images.height * this.#images.width * this.#images.mean.length;
  }

  /** The image as an activation with its own channels, made when it is first asked for. */
  channels({ draft }: Compilation): Value {
    if (this.#channels !== null) return this.#channels;
    const { images } = this.#images;
    const value = makeValue(this.#map, images);
    const [channels, height, width] = this.#map;
    draft.nextStep();
    draft.call(PACK_CHANNELS, this.#node, height, {
      pixelsOffset: this.pixels,
      outputOffset: value.buffer,
      scaleAt: this.#scale(draft),
      images,
      height,
      width,
      channels,
    });
    this.#addRow('packChannels', value.buffer);
    this.#channels = value;
    return value;
  }

  /** The image for one convolution, with its padding at both sides. */
  asRows(filter: Filter, outputs: number, { draft }: Compilation): RowsOfPixels {
    const { images } = this.#images;
    const [channels, height, width] = this.#map;
    const pixelBytes = channels * 4;
    const left = filter.padding[2];
    const right = Math.max(0, (outputs - 1) * filter.stride[1] + filter.kernel[1] - left - width);
    const rowBytes = roundUp((left + width + right) * pixelBytes, ALIGNMENT);
    const buffer = new ArenaBuffer(height * images * rowBytes);
    draft.nextStep();
    draft.call(PACK_ROWS, this.#node, height, {
      pixelsOffset: this.pixels,
      outputOffset: buffer,
      scaleAt: this.#scale(draft),
      images,
      height,
      width,
      left,
      right,
      rowBytes,
      channels,
    });
    this.#addRow('packRows', buffer);
    return { buffer, map: this.#map, strides: { y: images * rowBytes, x: pixelBytes, image: rowBytes } };
  }

  #addRow(kernel: string, output: ArenaBuffer): void {
    this.rows.push({
      node: this.#node,
      operation: 'normalise',
      input: this.#map,
      output: this.#map,
      calls: 1,
      outputBytes: output.bytes,
      macsWritten: 0,
      isSlow: false,
      ...weightless(kernel),
    });
  }

  #scale(draft: Compilation['draft']): Table {
    return draft.table('pixels', () => pixelScale(this.#images.mean, this.#images.std));
  }
}

/**
 * `output[r][c] = e^(input[r][c] − max) / Σ e^(input[r] − max)` over the first `classes` channels of each row, zero
 * from there to the next multiple of 16. Both strides are multiples of 16. A unit is a row.
 */
export const SOFTMAX = callShape('softmax', 'inputOffset inputStride outputOffset outputStride rows classes');

/** Null for a map of more than one position, which has no scores. */
export function emitSoftmax(node: string, logits: Value, { draft, images }: Compilation): Value | null {
  const [classes, height, width] = logits.map;
  if (height * width !== 1) return null;
  const scores = makeValue(logits.map, images);
  draft.nextStep();
  draft.call(SOFTMAX, node, images, {
    inputOffset: logits.buffer,
    inputStride: logits.channelStride,
    outputOffset: scores.buffer,
    outputStride: scores.channelStride,
    rows: images,
    classes,
  });
  return scores;
}
