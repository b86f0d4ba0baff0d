/** Flags that say how images are prepared for a network: size, resize, crop, colours. */
import type { Preprocessing } from '../weights/index.js';
import type { Command } from './command.js';
import { UsageError } from './usage-error.js';

export interface PreprocessingArgs {
  size?: string;
  resize?: string;
  crop?: string;
  'resize-mode'?: ResizeMode;
  interpolation?: Interpolation;
  'crop-rounding'?: CropRounding;
  border?: string;
  pillow?: number;
  orientation?: Orientation;
  mean?: string;
  std?: string;
}

/** The choices are repeated here, so that `--help` loads nothing; the compiler checks that they are those of weights. */
type ResizeMode = NonNullable<Preprocessing['mode']>;
type Interpolation = NonNullable<Preprocessing['interpolation']>;
type CropRounding = NonNullable<Preprocessing['cropRounding']>;
type Orientation = NonNullable<Preprocessing['orientation']>;
const MODE_CHOICES = ['shortest', 'exact', 'longest'] as const satisfies readonly ResizeMode[];
const INTERPOLATION_CHOICES = [
  'bilinear',
  'bicubic',
  'lanczos',
  'box',
  'hamming',
  'nearest',
] as const satisfies readonly Interpolation[];
const ROUNDING_CHOICES = ['even', 'down'] as const satisfies readonly CropRounding[];
const ORIENTATION_CHOICES = ['ignore', 'apply'] as const satisfies readonly Orientation[];
/** Versions of Pillow whose `resize` differs from the one before. */
const PILLOW_CHOICES = [12, 13] as const satisfies readonly Preprocessing['pillow'][];

export const PREPROCESSING_OPTIONS: Command<PreprocessingArgs>['options'] = {
  size: {
    computes: true,
    type: 'string',
    requiresArg: true,
    describe: 'What the network is fed, pixels: 32, or HEIGHTxWIDTH',
  },
  resize: {
    computes: true,
    type: 'string',
    requiresArg: true,
    describe: 'First resize, as Pillow does: SIDE or HEIGHTxWIDTH',
  },
  'resize-mode': {
    computes: true,
    type: 'string',
    requiresArg: true,
    choices: MODE_CHOICES,
    defaultDescription: 'shortest for SIDE, exact for HEIGHTxWIDTH',
    describe: 'shortest and longest keep the aspect ratio, and say which side --resize is; longest adds a border',
  },
  interpolation: {
    computes: true,
    type: 'string',
    requiresArg: true,
    choices: INTERPOLATION_CHOICES,
    defaultDescription: 'bilinear',
    describe: "Pillow's filter for the resize",
  },
  crop: { computes: true, type: 'string', requiresArg: true, describe: 'Then take the centre: SIDE or HEIGHTxWIDTH' },
  'crop-rounding': {
    computes: true,
    type: 'string',
    requiresArg: true,
    choices: ROUNDING_CHOICES,
    defaultDescription: 'down for a transformers folder, otherwise even',
    describe: 'Half a pixel before the crop: even as torchvision, down as transformers',
  },
  border: {
    list: true,
    computes: true,
    type: 'string',
    requiresArg: true,
    defaultDescription: 'the mean with --resize-mode longest, otherwise 0',
    describe: 'Colour where an image is smaller than the crop, 0 to 255: one number, or one a channel',
  },
  orientation: {
    computes: true,
    type: 'string',
    requiresArg: true,
    choices: ORIENTATION_CHOICES,
    defaultDescription: 'apply for a transformers folder, otherwise ignore',
    describe: 'Whether images are turned as their cameras say',
  },
  pillow: {
    computes: true,
    type: 'number',
    requiresArg: true,
    choices: PILLOW_CHOICES,
    defaultDescription: '13',
    describe: 'Whose resize is followed: 12 stands for all before 13',
  },
  mean: {
    list: true,
    computes: true,
    type: 'string',
    requiresArg: true,
    describe: 'Of pixel/255: one number, or one a channel',
  },
  std: {
    list: true,
    computes: true,
    type: 'string',
    requiresArg: true,
    describe: 'Of pixel/255: one number, or one a channel',
  },
};

export const PREPROCESSING_FLAGS = [
  'size',
  'resize',
  'resize-mode',
  'interpolation',
  'crop',
  'crop-rounding',
  'border',
  'orientation',
  'pillow',
  'mean',
  'std',
] as const satisfies readonly (keyof PreprocessingArgs)[];

/** @returns what the flags say; undefined where one was not given. @throws UsageError */
export function preprocessingOf(args: PreprocessingArgs) {
  return {
    size: optional(args.size, (text) => sides('size', text)),
    resize: optional(args.resize, (text) => (/^0*[1-9]\d*$/.test(text) ? Number(text) : sides('resize', text))),
    mode: args['resize-mode'],
    interpolation: args.interpolation,
    crop: optional(args.crop, (text) => sides('crop', text)),
    cropRounding: args['crop-rounding'],
    border: optional(args.border, (text) => perChannel('border', text)),
    orientation: args.orientation,
    pillow: PILLOW_CHOICES.find((version) => version === args.pillow),
    mean: optional(args.mean, (text) => perChannel('mean', text)),
    std: optional(args.std, (text) => perChannel('std', text)),
  };
}

/** What a flag's text means; undefined where it was not given. */
export function optional<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}

function sides(flag: string, text: string): [number, number] {
  const match = /^(\d+)(?:[x×,](\d+))?$/.exec(text);
  if (!match || Number(match[1]) === 0 || Number(match[2] ?? 1) === 0)
    throw new UsageError(`--${flag} ${text}: a side or HEIGHTxWIDTH is needed, such as 224 or 224x320`);
  return [Number(match[1]), Number(match[2] ?? match[1])];
}

/** One value for all channels, or as many as an image may have channels. */
const VALUES: readonly number[] = [1, 3, 4];

function perChannel(flag: string, text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!VALUES.includes(values.length) || values.some((value) => !Number.isFinite(value))) {
    throw new UsageError(`--${flag} ${text}: one number or one a channel are needed, such as 0.5 or 0.485,0.456,0.406`);
  }
  return values;
}

/** One line: what is done to an image before the network sees it. */
export function describePreprocessing(preprocessing: Preprocessing): string {
  const { size, crop, border, orientation, mean, std } = preprocessing;
  const steps = [
    orientation === 'apply' ? 'turned as the camera says' : null,
    describeResize(preprocessing),
    crop === null ? null : `centre ${crop.join('×')}${border === undefined ? '' : `, border ${border.join(' ')}`}`,
    size === null ? 'any size' : `${size.join('×')} pixels`,
    `mean ${mean.join(' ')}`,
    `std ${std.join(' ')}`,
  ];
  return steps.filter((step) => step !== null).join(', ');
}

function describeResize({ resize, mode, interpolation = 'bilinear' }: Preprocessing): string | null {
  if (resize === null) return null;
  const isSide = typeof resize === 'number';
  const target = isSide ? String(resize) : resize.join('×');
  const chosen = mode ?? (isSide ? 'shortest' : 'exact');
  const what = { shortest: isSide ? 'shorter side to' : 'covering', longest: 'fitted into', exact: 'resized to' };
  return `${what[chosen]} ${target} (${interpolation})`;
}
