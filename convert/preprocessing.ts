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
  /** One number for all channels, or three; in units of pixel/255. */
  mean?: readonly number[] | undefined;
  /** One number for all channels, or three, above 0; in units of pixel/255. */
  std?: readonly number[] | undefined;
}

/**
 * Size, resize and crop belong together: if one of them is given, none of torchvision's defaults applies. Images are
 * then used unchanged unless `resize` is given. If the shorter side is resized, they are also cropped to `size`.
 *
 * @throws ConvertError `PREPROCESSING_INVALID` if the steps do not lead to `size`, or if mean or std is invalid
 */
export function choosePreprocessing(defaults: Preprocessing, options: PreprocessingOptions): Preprocessing {
  const geometry = chooseGeometry(defaults, options);
  checkGeometry(geometry);
  return {
    ...geometry,
    mean: perChannel('mean', options.mean) ?? defaults.mean,
    std: perChannel('std', options.std) ?? defaults.std,
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

function perChannel(name: 'mean' | 'std', values: readonly number[] | undefined): number[] | undefined {
  if (values === undefined) return undefined;
  const usable = (value: number) => Number.isFinite(value) && (name === 'mean' || value > 0);
  if ((values.length !== 1 && values.length !== 3) || !values.every(usable)) {
    throw new ConvertError(
      'PREPROCESSING_INVALID',
      `${name} ${values.join(',')}: one number or three are needed${name === 'std' ? ', above 0' : ''}`,
      { hint: 'In units of pixel/255, red, green, blue, for instance 0.485,0.456,0.406.' },
    );
  }
  return values.length === 1 ? [values[0]!, values[0]!, values[0]!] : [...values];
}
