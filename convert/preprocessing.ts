/** Chooses the preprocessing to store with the weights: torchvision's for the backbone, unless options replace it. */
import type { Preprocessing } from '../weights/index.js';
import { ConvertError } from './convert-error.js';

export interface PreprocessingOptions {
  /** `[height, width]` of the network's input; null: any size of at least 32. */
  size?: [number, number] | null | undefined;
  /** Length of the shorter side, or `[height, width]`; null: none. */
  resize?: number | [number, number] | null | undefined;
  /** `[height, width]` of the centre crop; null: none. */
  crop?: [number, number] | null | undefined;
  /** One number for all channels, or one a channel; in units of pixel/255. */
  mean?: readonly number[] | undefined;
  /** One number for all channels, or one a channel, above 0; in units of pixel/255. */
  std?: readonly number[] | undefined;
}

/**
 * Size, resize and crop belong together: if one of them is given, none of torchvision's defaults applies. Images are
 * then used unchanged unless `resize` is given. If the shorter side is resized, they are also cropped to `size`.
 *
 * @param channels of the network's images
 * @throws ConvertError `PREPROCESSING_INVALID` if the steps do not lead to `size`, or if mean or std is invalid
 */
export function choosePreprocessing(
  defaults: Preprocessing,
  options: PreprocessingOptions,
  channels: number,
): Preprocessing {
  const geometry = chooseGeometry(defaults, options);
  checkGeometry(geometry);
  checkUnits(options);
  return {
    ...geometry,
    mean: perChannel('mean', options.mean, channels) ?? usualValue(defaults.mean, channels),
    std: perChannel('std', options.std, channels) ?? usualValue(defaults.std, channels),
  };
}

type Geometry = Pick<Preprocessing, 'size' | 'resize' | 'crop'>;

function chooseGeometry(defaults: Preprocessing, { size, resize, crop }: PreprocessingOptions): Geometry {
  if (size === undefined && resize === undefined && crop === undefined) return defaults;
  const chosenSize = size === undefined ? (crop ?? (Array.isArray(resize) ? resize : defaults.size)) : size;
  const cropAfterResize = typeof resize === 'number' ? chosenSize : null;
  return { size: chosenSize, resize: resize ?? null, crop: crop === undefined ? cropAfterResize : crop };
}

/** Checks that the last step gives images of the network's input size. */
function checkGeometry({ size, resize, crop }: Geometry): void {
  const result = crop ?? (Array.isArray(resize) ? resize : null);
  if (size === null || result === null || (result[0] === size[0] && result[1] === size[1])) return;
  throw new ConvertError(
    'PREPROCESSING_INVALID',
    `${crop ? 'the crop' : 'the resize'} gives ${result.join('×')}, the network is fed ${size.join('×')} (height×width)`,
    { hint: 'Make them equal, or leave one of them out.' },
  );
}

/** A pixel is at most 1 in units of pixel/255; its mean and its deviation are no larger. Some leave room above. */
const MAX_VALUE = 2;

function perChannel(
  name: 'mean' | 'std',
  values: readonly number[] | undefined,
  channels: number,
): number[] | undefined {
  if (values === undefined) return undefined;
  const usable = (value: number) => Number.isFinite(value) && (name === 'mean' || value > 0);
  if ((values.length !== 1 && values.length !== channels) || !values.every(usable)) {
    const most = channels === 1 ? 'is needed' : `or ${COUNTS[channels] ?? channels} are needed`;
    throw new ConvertError(
      'PREPROCESSING_INVALID',
      `${name} ${values.join(',')}: one number ${most}${name === 'std' ? ', above 0' : ''}`,
      {
        hint: `In units of pixel/255, ${channels === 3 ? 'red, green, blue, for instance 0.485,0.456,0.406' : 'for instance 0.5'}.`,
      },
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
  throw new ConvertError('PREPROCESSING_INVALID', `${told}: in units of 0 to 255, units of pixel/255 are needed`, {
    hint: `Divided by 255: ${scaled}`,
  });
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
