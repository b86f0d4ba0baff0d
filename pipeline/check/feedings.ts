/** Other ways to prepare the same images: tried where outputs or inputs differ, so that the error can name the flags. */
import { resizeFlags } from '../../convert/index.js';
import { INTERPOLATIONS, type Preprocessing } from '../../weights/index.js';
import type { Feeding } from './run-images.js';

/** What `convert` would be told, and what it changes. */
export interface OtherFeeding extends Feeding {
  step: 'resize' | 'channel order' | 'normalisation';
  flags: string;
}

type Size = readonly [number, number];

type Geometry = Pick<Preprocessing, 'resize' | 'mode' | 'crop' | 'border'>;
type Filter = Pick<Preprocessing, 'interpolation' | 'pillow' | 'cropRounding'>;

/** Where the shorter side goes before a crop: from no margin to a fifth. timm's are 0.875 to 1 of it, torchvision's 0.875 to 0.97. */
const LEAST_CROP = 0.8;
/** Sides that are tried for it. */
const MAX_SIDES = 100;

/**
 * The same images in the resizes that are usual: every filter in the sizes that are stored, and other sizes with the filter
 * that is stored.
 *
 * @param size `[height, width]` that the program feeds
 */
export function usualResizes(preprocessing: Preprocessing, size: Size): OtherFeeding[] {
  const own = ownGeometry(preprocessing, size);
  const { interpolation, pillow } = preprocessing;
  // The one that is stored goes first: where no image is resized, all give the same pixels.
  const isOwn = (filter: Filter) => filter.interpolation === (interpolation ?? 'bilinear');
  const filters = [...FILTERS.filter(isOwn), ...FILTERS.filter((filter) => !isOwn(filter))];
  return [
    ...own.flatMap((geometry) => filters.map((filter) => resized(preprocessing, size, geometry, filter))),
    ...usualGeometries(preprocessing, size).map((geometry) => {
      return resized(preprocessing, size, geometry, { interpolation, pillow: pillow ?? 13 });
    }),
  ];
}

/** As `usualResizes`, each size with each filter, and any shorter side before a crop. For inputs, which need no network. */
export function otherResizes(preprocessing: Preprocessing, size: Size): OtherFeeding[] {
  const geometries = [...ownGeometry(preprocessing, size), ...usualGeometries(preprocessing, size)];
  const side = Math.min(...size);
  const sides = Array.from(
    { length: Math.min(MAX_SIDES, Math.ceil(side / LEAST_CROP) - side) },
    (_, i) => side + i + 1,
  );
  const margins = sides.map((resize): Geometry => ({ resize, crop: [...size] }));
  const filters: Filter[] = [{ pillow: 13 }, { interpolation: 'bicubic', pillow: 13 }];
  return [
    ...usualResizes(preprocessing, size),
    ...geometries.flatMap((geometry) => FILTERS.map((filter) => resized(preprocessing, size, geometry, filter))),
    ...margins.flatMap((geometry) => filters.map((filter) => resized(preprocessing, size, geometry, filter))),
  ];
}

/** What is stored, if it leads to that size. */
function ownGeometry({ resize, mode, crop, border, size: own }: Preprocessing, size: Size): Geometry[] {
  return resize !== null && (crop ?? own)?.join() === size.join() ? [{ resize, mode, crop, border }] : [];
}

function usualGeometries({ border }: Preprocessing, [height, width]: Size): Geometry[] {
  const size: [number, number] = [height, width];
  const side = Math.min(height, width);
  return [
    { resize: size, crop: null },
    { resize: side, crop: size },
    { resize: Math.floor(side / 0.875), crop: size },
    { resize: size, mode: 'longest', crop: size, border },
    { resize: null, crop: size },
  ];
}

const FILTERS: readonly Filter[] = INTERPOLATIONS.flatMap((interpolation): Filter[] => {
  const pillows = interpolation === 'nearest' ? [undefined] : ([13, 12] as const);
  const roundings = ['even', 'down'] as const;
  return pillows.flatMap((pillow) => roundings.map((cropRounding) => ({ interpolation, pillow, cropRounding })));
});

function resized(
  { mean, std, orientation }: Preprocessing,
  [height, width]: Size,
  geometry: Geometry,
  filter: Filter,
): OtherFeeding {
  const preprocessing: Preprocessing = { size: [height, width], mean, std, orientation, ...geometry, ...filter };
  return {
    step: 'resize',
    preprocessing,
    isReversed: false,
    flags: resizeFlags(preprocessing),
  };
}

/** Means and deviations that libraries use, in units of pixel/255. */
const NORMALISATIONS: readonly Pick<Preprocessing, 'mean' | 'std'>[] = [
  { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  { mean: [0, 0, 0], std: [1, 1, 1] },
  { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] },
  { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] },
  { mean: [0.485, 0.458, 0.408], std: [1 / 255, 1 / 255, 1 / 255] },
];

/** The order of colours and the normalisations of libraries, each and together. Of networks of three channels. */
export function otherColours(preprocessing: Preprocessing): OtherFeeding[] {
  if (preprocessing.mean.length !== 3) return [];
  const { mean, std } = preprocessing;
  return [{ mean, std }, ...NORMALISATIONS].flatMap((values) =>
    [false, true].map((isReversed): OtherFeeding => {
      const flags = [normalisationFlags(values), ...(isReversed ? ['--channel-order bgr'] : [])].join(' ');
      const step = isReversed ? 'channel order' : 'normalisation';
      const inOrder = isReversed ? { mean: values.mean.toReversed(), std: values.std.toReversed() } : values;
      return { step, flags, isReversed, preprocessing: { ...preprocessing, ...inOrder } };
    }),
  );
}

/** The flags for the mean and deviation of red, green and blue. */
export function normalisationFlags({ mean, std }: { mean: readonly number[]; std: readonly number[] }): string {
  return `--mean ${list(mean)} --std ${list(std)}`;
}

function list(values: readonly number[]): string {
  // The program's numbers come out of float32: a mean of 0 as some 1e-9.
  const rounded = values.map((value) => String(Math.abs(value) < 1e-6 ? 0 : Number(value.toPrecision(6))));
  return new Set(rounded).size === 1 ? rounded[0]! : rounded.join(',');
}
