/** The sums that image statistics are made of, in plain loops over the pixels: what the kernel is compared with. */
import { BLUE, GREEN, IMAGE_SUMS, type ImageSum, RED } from '../../data/images/statistics/image-sums.js';
import { type Image, imagesOf, type PixelBatch } from '../../data/index.js';

type Sums = Record<ImageSum, number>;

/** `[rows, IMAGE_SUMS]` */
export function plainSums(batch: PixelBatch): Float64Array {
  return Float64Array.from(
    [...imagesOf(batch)].flatMap((image) => {
      const sums = sumsOfImage(image);
      return IMAGE_SUMS.map((name) => sums[name]);
    }),
  );
}

function sumsOfImage(image: Image): Sums {
  const sums = Object.fromEntries(IMAGE_SUMS.map((name) => [name, 0])) as Sums;
  const luma = addColour(image, sums);
  addNeighbours(image, luma, sums);
  addColours(image, luma, sums);
  addStructure(image, luma, sums);
  return sums;
}

function addColour({ height, width, data }: Image, sums: Sums): Int32Array {
  return Int32Array.from({ length: height * width }, (_, i) => {
    const [red, green, blue] = data.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
    const [largest, smallest] = [Math.max(red, green, blue), Math.min(red, green, blue)];
    const y = RED * red + GREEN * green + BLUE * blue;
    sums.red += red;
    sums.green += green;
    sums.blue += blue;
    sums.saturation += largest === 0 ? 0 : Math.fround((largest - smallest) / largest);
    sums.squares += y * y;
    return y;
  });
}

function addNeighbours({ height, width }: Image, luma: Int32Array, sums: Sums): void {
  const reflected = (i: number, n: number) => (n === 1 ? 0 : i < 0 ? 1 : i < n ? i : n - 2);
  const at = (y: number, x: number) => luma[reflected(y, height) * width + reflected(x, width)]!;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cross = at(y - 1, x) + at(y + 1, x) + at(y, x - 1) + at(y, x + 1);
      const laplacian = cross - 4 * at(y, x);
      sums.laplacian += laplacian;
      sums.squaredLaplacian += laplacian * laplacian;
      if (y === 0 || x === 0 || y === height - 1 || x === width - 1) continue;
      const corners = at(y - 1, x - 1) + at(y - 1, x + 1) + at(y + 1, x - 1) + at(y + 1, x + 1);
      sums.noise += Math.abs(corners - 2 * cross + 4 * at(y, x));
    }
  }
}

/** Looks at 64 rows at most. */
function addColours({ height, width, data }: Image, luma: Int32Array, sums: Sums): void {
  const greens = new Set<number>();
  for (let y = 0; y < height; y += Math.ceil(height / 64)) {
    for (let i = y * width; i < (y + 1) * width; i++) {
      const [red, green, blue] = data.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
      for (const value of [red, green, blue]) {
        if (value === 0) sums.dark++;
        if (value === 255) sums.bright++;
      }
      sums.chromaPP += (red - green) ** 2;
      sums.chromaQQ += (green - blue) ** 2;
      sums.chromaPQ += (red - green) * (green - blue);
      const level = luma[i]! >> 10;
      sums.luma += level;
      sums.lumaSquared += level ** 2;
      sums.lumaCubed += level ** 3;
      greens.add(green);
    }
  }
  sums.levels = greens.size;
  sums.levelRange = Math.max(...greens) - Math.min(...greens);
}

/** Looks at bands of sixteen rows; at all of up to 128 rows. */
function addStructure({ height, width }: Image, luma: Int32Array, sums: Sums): void {
  const pixels = height * width;
  const mean = (RED * sums.red + GREEN * sums.green + BLUE * sums.blue) / pixels;
  const deviation = Math.sqrt(Math.max(0, sums.squares / pixels - mean * mean));
  const [flat, tall] = [Math.floor(0.1 * deviation), Math.max(16_000, Math.floor(deviation))];
  const isLooked = (y: number) => Math.floor(y / 16) % Math.ceil(height / 128) === 0;
  const isBetween = (y: number) => y > 0 && y + 1 < height && (height <= 128 || (y % 16 !== 0 && y % 16 !== 15));
  const rows = Array.from({ length: height }, () => 0);
  const columns = Array.from({ length: width }, () => 0);
  for (let i = 0; i < pixels; i++) {
    const [y, x] = [Math.floor(i / width), i % width];
    if (!isLooked(y)) continue;
    const centre = luma[i]!;
    rows[y]! += centre;
    columns[x]! += centre;
    const step = (to: number, isThere: boolean) => (isThere ? luma[to]! - centre : null);
    const [right, below] = [step(i + 1, x + 1 < width), step(i + width, y + 1 < height)];
    const [left, above] = [step(i - 1, x > 0), step(i - width, y > 0)];
    const isGray = centre > 0 && centre < 255_000;
    sums.across += Math.abs(right ?? 0);
    sums.down += Math.abs(below ?? 0);
    if (x % 8 === 7) sums.acrossBlocks += Math.abs(right ?? 0);
    if (y % 8 === 7) sums.downBlocks += Math.abs(below ?? 0);
    if (isGray) sums.equal += Number(right === 0) + Number(below === 0);
    if (right !== null && below !== null) {
      sums.gradientXX += (right >> 9) ** 2;
      sums.gradientYY += (below >> 9) ** 2;
      sums.gradientXY += (right >> 9) * (below >> 9);
    }
    if (isBetween(y)) sums.bendDown += Math.abs(above! + below!);
    if (left === null || right === null) continue;
    sums.bendAcross += Math.abs(left + right);
    if (Math.abs(left + right) <= flat) sums.smooth++;
    if (above === null || below === null) continue;
    const around = [left, right, above, below];
    if (around.every((one) => one <= -tall) || around.every((one) => one >= tall)) sums.impulses++;
  }
  const bend = (values: readonly number[], i: number) => Math.abs(values[i - 1]! - 2 * values[i]! + values[i + 1]!);
  for (let y = 1; y < height - 1; y++) if (isLooked(y) && isBetween(y)) sums.rowBend += bend(rows, y);
  for (let x = 1; x < width - 1; x++) sums.columnBend += bend(columns, x);
}
