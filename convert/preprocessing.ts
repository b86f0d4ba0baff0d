/** Chooses the preprocessing to store with the weights: torchvision's for the backbone, unless options replace it. */
import type { Preprocessing } from '../weights/index.js';
import { ConvertError } from './convert-error.js';
import type { PreprocessingOptions } from './options/index.js';

/** How these sizes are asked of `convert`. */
export function resizeFlags(
  options: Pick<
    PreprocessingOptions,
    'size' | 'resize' | 'mode' | 'interpolation' | 'pillow' | 'crop' | 'cropRounding'
  >,
): string {
  const { size = null, resize = null, mode, interpolation, pillow, crop = null, cropRounding } = options;
  const sides = ([height, width]: readonly [number, number]) =>
    height === width ? String(height) : `${height}x${width}`;
  return [
    ...(size === null ? [] : [`--size ${sides(size)}`]),
    ...(resize === null ? [] : [`--resize ${typeof resize === 'number' ? resize : resize.join('x')}`]),
    ...(mode === undefined ? [] : [`--resize-mode ${mode}`]),
    ...(interpolation === undefined || resize === null ? [] : [`--interpolation ${interpolation}`]),
    ...(pillow === 12 ? ['--pillow 12'] : []),
    ...(crop === null ? [] : [`--crop ${sides(crop)}`]),
    ...(crop === null || cropRounding !== 'down' ? [] : ['--crop-rounding down']),
  ].join(' ');
}

/**
 * If size, resize or crop is given, the network's own steps and their filter do not apply. Images are then unchanged
 * unless `resize` is given, which is bilinear; if it keeps the aspect ratio, they are also cropped to `size`. Fields
 * that have their default are left out.
 * @throws ConvertError `PREPROCESSING_INVALID` if the steps do not lead to `size`, or if a value is invalid
 */
export function choosePreprocessing(defaults: Preprocessing, options: PreprocessingOptions, channels: number) {
  const isGiven = hasGeometry(options);
  const { size, resize, mode, crop } = isGiven ? chooseGeometry(defaults, options) : defaults;
  checkMode(options);
  checkUnits(options);
  const usual: Partial<Preprocessing> = isGiven ? {} : { ...defaults, border: defaults.border ?? [0] };
  // An ONNX file that was written here has a range and an orientation of its own.
  const orientation = options.orientation ?? defaults.orientation;
  const range = chooseRange(options.range) ?? defaults.range;
  const mean = perChannel('mean', options.mean, channels) ?? usualValue(defaults.mean, channels);
  const std = perChannel('std', options.std, channels) ?? usualValue(defaults.std, channels);
  const border = chooseBorder(options.border ?? usual.border, mode, mean);
  const rounding = options.cropRounding ?? usual.cropRounding;
  return {
    size,
    resize,
    ...(mode === undefined ? {} : { mode }),
    ...chooseFilter(resize, options, usual),
    crop,
    ...(crop === null || rounding !== 'down' ? {} : { cropRounding: rounding }),
    ...(crop === null || border === null ? {} : { border }),
    ...(range === undefined ? {} : { range }),
    ...(orientation === 'apply' ? { orientation } : {}),
    mean,
    std,
  };
}

/** Whether somebody says what comes before the network; its own steps then do not apply. */
export function hasGeometry({ size, resize, crop }: PreprocessingOptions): boolean {
  return [size, resize, crop].some((value) => value !== undefined);
}

type Geometry = Pick<Preprocessing, 'size' | 'resize' | 'mode' | 'crop'>;

function chooseGeometry(defaults: Preprocessing, options: PreprocessingOptions): Geometry {
  const { size, resize, mode, crop } = options;
  const asked = mode === 'exact' && typeof resize === 'number' ? square(resize) : (resize ?? null);
  const usualMode = typeof asked === 'number' ? 'shortest' : 'exact';
  const keepsRatio = asked !== null && (mode ?? usualMode) !== 'exact';
  const fromResize = Array.isArray(asked) ? asked : mode === 'longest' && asked !== null ? square(asked) : null;
  const chosenSize = size === undefined ? (crop ?? fromResize ?? defaults.size) : size;
  const chosenCrop = crop === undefined ? (keepsRatio ? chosenSize : null) : crop;
  checkSizes(chosenSize, chosenCrop, keepsRatio ? null : fromResize);
  const stored = { size: chosenSize, resize: asked, crop: chosenCrop };
  return mode === undefined || mode === usualMode ? stored : { ...stored, mode };
}

function checkMode({ mode, resize }: PreprocessingOptions): void {
  if (mode === undefined || resize != null) return;
  throw invalid(`the resize mode is ${mode}, but no resize is given`, 'Give --resize, too.');
}

function square(side: number): [number, number] {
  return [side, side];
}

/** Checks that the last step gives images of the network's input size. */
function checkSizes(size: [number, number] | null, crop: [number, number] | null, exact: [number, number] | null) {
  const result = crop ?? exact;
  if (size === null || result === null || (result[0] === size[0] && result[1] === size[1])) return;
  throw invalid(
    `the ${crop ? 'crop' : 'resize'} gives ${result.join('×')}, the network is fed ${size.join('×')} (height×width)`,
    'Make them equal, or leave one of them out.',
  );
}

type Filter = Pick<Preprocessing, 'interpolation' | 'pillow'>;

function chooseFilter(resize: Preprocessing['resize'], given: PreprocessingOptions, usual: Filter): Filter {
  if (resize === null) {
    const stray = given.interpolation ?? (given.pillow === undefined ? undefined : `Pillow ${given.pillow}`);
    if (stray === undefined) return {};
    throw invalid(`${stray} is given, but nothing is resized`, 'Give --resize, too.');
  }
  const { interpolation = usual.interpolation, pillow = usual.pillow } = given;
  if (interpolation === 'nearest') return { interpolation };
  return {
    ...(interpolation === undefined || interpolation === 'bilinear' ? {} : { interpolation }),
    pillow: pillow ?? 13,
  };
}

const MOST_VALUE = 65_535;

function chooseRange(given: readonly [number, number] | undefined): [number, number] | undefined {
  if (given === undefined) return undefined;
  const [low, high] = given;
  const isUsable = given.every((value) => Number.isInteger(value) && value >= 0 && value <= MOST_VALUE);
  if (isUsable && given.length === 2 && low < high) return [low, high];
  throw invalid(
    `range ${given.join(',')}: two whole numbers from 0 to 65,535 are needed, the first below the second`,
    'For instance --range 0,4095 for 12 bits.',
  );
}

/** Null for black. */
function chooseBorder(given: readonly number[] | undefined, mode: Preprocessing['mode'], mean: readonly number[]) {
  const values = given ?? (mode === 'longest' ? mean.map((value) => roundHalfEven(255 * value)) : [0]);
  const channels = Math.max(3, mean.length);
  const isUsable = values.every((value) => Number.isInteger(value) && value >= 0 && value <= 255);
  if (!isUsable || (values.length !== 1 && values.length !== channels)) {
    throw invalid(`border ${values.join(',')}: one number or ${channels} are needed, whole ones from 0 to 255`);
  }
  if (values.every((value) => value === 0)) return null;
  return values.length === 1 ? new Array<number>(channels).fill(values[0]!) : [...values];
}

/** Python's `round`, kept to what a byte holds. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const isUp = value - below === 0.5 ? below % 2 === 1 : value - below > 0.5;
  return Math.max(0, Math.min(255, isUp ? below + 1 : below));
}

function invalid(message: string, hint?: string): ConvertError {
  return new ConvertError('PREPROCESSING_INVALID', message, hint === undefined ? {} : { hint });
}

/** A pixel is at most 1 in units of pixel/255; its mean and its deviation are no larger. Some leave room above. */
const MAX_VALUE = 2;

function perChannel(name: 'mean' | 'std', values: readonly number[] | undefined, channels: number) {
  if (values === undefined) return undefined;
  const usable = (value: number) => Number.isFinite(value) && (name === 'mean' || value > 0);
  if ((values.length !== 1 && values.length !== channels) || !values.every(usable)) {
    const most = channels === 1 ? 'is needed' : `or ${COUNTS[channels] ?? channels} are needed`;
    throw invalid(
      `${name} ${values.join(',')}: one number ${most}${name === 'std' ? ', above 0' : ''}`,
      `In units of pixel/255, ${channels === 3 ? 'red, green, blue, for instance 0.485,0.456,0.406' : 'for instance 0.5'}.`,
    );
  }
  return values.length === 1 ? new Array<number>(channels).fill(values[0]!) : [...values];
}

const COUNTS: Readonly<Record<number, string>> = { 3: 'three', 4: 'four' };

/** Values in units of 0 to 255, as Caffe and Keras have them, would go through unnoticed and spoil every number. */
function checkUnits({ mean = [], std = [] }: PreprocessingOptions): void {
  if ([...mean, ...std].every((value) => !(Math.abs(value) > MAX_VALUE))) return;
  const flags = Object.entries({ mean, std }).filter(([, values]) => values.length > 0);
  const told = flags.map(([name, values]) => `${name} ${values.join(',')}`).join(' and ');
  const scaled = flags.map(([name, values]) => `--${name} ${values.map(scaledDown).join(',')}`).join(' ');
  throw invalid(`${told}: in units of 0 to 255, units of pixel/255 are needed`, `Divided by 255: ${scaled}`);
}

function scaledDown(value: number): string {
  return String(Number((value / 255).toPrecision(4)));
}

/** ImageNet's values; for other images than RGB, the average of the three for each channel. */
function usualValue(rgb: readonly number[], channels: number): number[] {
  if (channels === rgb.length) return [...rgb];
  const average = rgb.reduce((sum, value) => sum + value, 0) / rgb.length;
  return new Array<number>(channels).fill(Number(average.toPrecision(3)));
}
