/** Image statistics boiled down for `imageCauses`, as the profile and the windows hold them. */
import { type CorruptionName, corruptBatch, imageStatistics, openImages, type PixelBatch } from '../../data/index.js';
import { type ColumnSummaries, withRelativeStatistics } from '../../drift/causes/cause.js';
import { imageCauses } from '../../drift/causes/window-causes.js';
import { MAX_BINS } from '../../drift/profile/reference.js';
import { binOf, quantileEdges } from '../../drift/statistics/counts.js';

export type Columns = Record<string, ArrayLike<number>>;

export function columnsOf(images: PixelBatch): Columns {
  return withRelativeStatistics(Object.fromEntries(imageStatistics(images)));
}

/** All images of a file, the first `most`. */
export async function firstImages(path: string, most: number): Promise<PixelBatch> {
  const images = await openImages(path);
  try {
    for await (const batch of images.batches(most)) return batch;
    throw new Error(`${path} is empty`);
  } finally {
    await images.close();
  }
}

export function rowsOf(images: PixelBatch, rows: Iterable<number>): PixelBatch {
  const bytes = images.height * images.width * 3;
  const chosen = [...rows].map((row) => images.data.subarray(row * bytes, (row + 1) * bytes));
  return { ...images, rows: chosen.length, data: Uint8Array.from(Buffer.concat(chosen)) };
}

export function corrupted(
  images: PixelBatch,
  name: CorruptionName,
  parameters: Record<string, number> = {},
): PixelBatch {
  return corruptBatch(images, name, { parameters, seed: 1 });
}

/** Each pixel by a formula of its own. */
export function recoloured(
  images: PixelBatch,
  formula: (red: number, green: number, blue: number) => [number, number, number],
): PixelBatch {
  const data = new Uint8ClampedArray(images.data.length);
  for (let i = 0; i < data.length; i += 3) {
    data.set(formula(images.data[i]!, images.data[i + 1]!, images.data[i + 2]!), i);
  }
  return { ...images, data: new Uint8Array(data.buffer) };
}

/** Edges at the quantiles of the baseline, as in a profile. */
export function edgesOf(baseline: Columns): Record<string, number[]> {
  const known = (values: ArrayLike<number>) => Float64Array.from(values).filter((value) => !Number.isNaN(value));
  return Object.fromEntries(
    Object.entries(baseline).map(([name, values]) => [name, quantileEdges(known(values), MAX_BINS)]),
  );
}

export function summaries(columns: Columns, edges: Record<string, number[]>): ColumnSummaries {
  return Object.fromEntries(
    Object.entries(columns).map(([name, all]) => {
      const values = Array.from(all).filter((value) => !Number.isNaN(value));
      const counts = new Array<number>(edges[name]!.length + 1).fill(0);
      for (const value of values) counts[binOf(edges[name]!, value)]!++;
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      const hasRows = values.length > 0;
      return [
        name,
        {
          rows: values.length,
          mean: hasRows ? mean : null,
          variance: values.length > 1 ? squares / (values.length - 1) : null,
          counts,
        },
      ];
    }),
  );
}

type Change = (images: PixelBatch) => PixelBatch;

/** What is done to the images → the causes that must be named, in this order. */
export const CHANGES: [name: string, change: Change, kinds: string[]][] = [
  ['nothing', (images) => images, []],
  ['blur', (images) => corrupted(images, 'gaussian_blur'), ['blurred']],
  ['darken', (images) => corrupted(images, 'darken'), ['darker']],
  ['darken a little', (images) => corrupted(images, 'darken', { factor: 0.75 }), ['darker']],
  ['brighten', (images) => corrupted(images, 'brighten'), ['brighter']],
  ['add light', (images) => recoloured(images, (r, g, b) => [r + 50, g + 50, b + 50]), ['brighter']],
  ['fog', (images) => corrupted(images, 'contrast'), ['less contrast']],
  ['noise', (images) => corrupted(images, 'gaussian_noise'), ['noisier']],
  ['weak noise', (images) => corrupted(images, 'gaussian_noise', { sigma: 0.03 }), ['noisier']],
  ['heavy noise', (images) => corrupted(images, 'gaussian_noise', { sigma: 0.38 }), ['noisier']],
  ['sharpen', (images) => sharpened(images, 0.5), ['sharper']],
];

/** Changes that only images in colour show. */
export const COLOUR_CHANGES: typeof CHANGES = [
  ['fade the colours', (images) => saturated(images, 0.4), ['less saturated']],
  ['strengthen the colours', (images) => saturated(images, 1.8), ['more saturated']],
  ['a red cast', (images) => recoloured(images, (r, g, b) => [1.25 * r, g, b]), ['redder']],
  ['a blue cast', (images) => recoloured(images, (r, g, b) => [0.9 * r, 0.9 * g, 1.2 * b]), ['bluer']],
  ['blur, then darken', (images) => corrupted(corrupted(images, 'gaussian_blur'), 'darken'), ['darker', 'blurred']],
  [
    'darken, then noise',
    (images) => corrupted(corrupted(images, 'darken'), 'gaussian_noise', { sigma: 0.03 }),
    ['darker', 'noisier'],
  ],
];

function saturated(images: PixelBatch, factor: number): PixelBatch {
  return recoloured(images, (r, g, b) => {
    const luma = 0.299 * r + 0.587 * g + 0.114 * b;
    return [luma + factor * (r - luma), luma + factor * (g - luma), luma + factor * (b - luma)];
  });
}

/** Adds the Laplacian: an unsharp mask. */
function sharpened(images: PixelBatch, amount: number): PixelBatch {
  const { height, width, data } = images;
  const result = new Uint8ClampedArray(data.length);
  const clamp = (position: number, length: number) => Math.min(length - 1, Math.max(0, position));
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    const [x, y, row] = [pixel % width, Math.floor(pixel / width) % height, Math.floor(pixel / width / height)];
    const at = (dy: number, dx: number) =>
      data[((row * height + clamp(y + dy, height)) * width + clamp(x + dx, width)) * 3 + (i % 3)]!;
    result[i] = at(0, 0) + amount * (4 * at(0, 0) - at(-1, 0) - at(1, 0) - at(0, -1) - at(0, 1));
  }
  return { ...images, data: new Uint8Array(result.buffer) };
}

/** A baseline, and what it says of a window. */
export async function baselineOf(path: string, rows: number) {
  const columns = columnsOf(await firstImages(path, rows));
  const edges = edgesOf(columns);
  const baseline = summaries(columns, edges);
  const causes = (images: PixelBatch, effectiveRows?: number) =>
    imageCauses(baseline, summaries(columnsOf(images), edges), { effectiveRows });
  return { baseline, causes };
}
