/**
 * The library of causes: what a camera, a lens or a pipeline may do to images. `explain` tries them all. A family is
 * one cause as a person names it; its makes differ in name and unit. To add a family, write its operator in a file of
 * this folder, and add an entry here.
 */
import { boxBlur, defocus, diskBlur, motionBlur, sharpen } from './blur.js';
import { by, type CauseMake, fixed, graded, inPixels } from './cause-make.js';
import { saturate, scaleContrast, shiftColour, swapChannels, turnHue } from './colour.js';
import { addStripes, coarsen, occlude, standStill } from './damage.js';
import { addBars, mirrorSides, rotate, rotateNearest, shift, upsideDown, zoom } from './geometry.js';
import { compressJpeg } from './jpeg.js';
import {
  addClouds,
  adjustContrast,
  applyGamma,
  contrastAboutMiddle,
  invert,
  multiply,
  multiplyChannels,
  shiftValue,
  veil,
  vignette,
} from './light.js';
import { gaussianNoise, grayNoise, impulseNoise, shotNoise } from './noise.js';

/** Where in the making of an image a cause is, in order. */
export const STAGES = ['scene', 'optics', 'sensor', 'processing', 'storage', 'frame'] as const;

export interface CauseFamily {
  /** One line, for a person. */
  summary: string;
  /** The same of strengths below the one that changes nothing, and of those above it, where that is something else. */
  directions?: readonly [string, string];
  /** Where in the making of an image it happens: causes that come together are applied in this order. */
  stage: (typeof STAGES)[number];
  makes: Readonly<Record<string, CauseMake>>;
}

const FACTORS = [0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1, 1.25, 1.6, 2.1, 3];
const GAINS = [-0.5, -0.35, -0.2, -0.1, 0, 0.1, 0.2, 0.35, 0.5];
const SHIFTS = [-0.5, -0.35, -0.2, -0.1, 0, 0.1, 0.2, 0.35, 0.5];
const SIGMAS = [0, 0.3, 0.45, 0.6, 0.8, 1, 1.3, 1.7, 2.3, 3];
const RADII = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3];
const LENGTHS = [1, 1.5, 2, 3, 4, 5.5, 7.5, 10];
/** Those of squares and lines whose middle lies half a pixel off: one of a single pixel would move the image. */
const [EVEN_RADII, EVEN_LENGTHS] = [
  [0.5, 0.75, 1, 1.5, 2, 3],
  [2, 3, 4, 5.5, 7.5, 10],
];
const NOISE = [0, 0.01, 0.02, 0.035, 0.05, 0.08, 0.12, 0.2, 0.3];
const SHARES = [0, 0.003, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3];
const SIDES = [0.15, 0.25, 0.35, 0.5, 0.65, 0.8, 0.9, 1];
const DEGREES = [-45, -30, -20, -12, -6, 0, 6, 12, 20, 30, 45];
const MOVES = [-0.3, -0.2, -0.12, -0.06, 0, 0.06, 0.12, 0.2, 0.3];
const LOSSES = [0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9];
const AREAS = [0, 1 / 64, 1 / 32, 1 / 16, 1 / 10, 1 / 6, 1 / 4];

const [BLACK, GREY, WHITE] = [0, 128, 255];

export const causeLibrary = {
  brightness: {
    summary: 'brighter or darker',
    directions: ['darker', 'brighter'],
    stage: 'sensor',
    makes: { factor: graded('factor', FACTORS, 1, multiply), offset: graded('HSV value added', SHIFTS, 0, shiftValue) },
  },
  gamma: {
    summary: 'another tone curve',
    directions: ['brighter middle tones', 'darker middle tones'],
    stage: 'processing',
    makes: { power: graded('exponent', [0.3, 0.45, 0.6, 0.8, 1, 1.25, 1.6, 2.2, 3], 1, applyGamma) },
  },
  contrast: {
    summary: 'less or more contrast',
    directions: ['less contrast', 'more contrast'],
    stage: 'processing',
    makes: {
      mean: graded('factor about the mean gray', FACTORS, 1, adjustContrast),
      middle: graded('factor about 128', FACTORS, 1, contrastAboutMiddle),
      channels: graded('factor about the mean of each channel', FACTORS, 1, scaleContrast),
    },
  },
  fog: {
    summary: 'light scattered before the lens',
    stage: 'scene',
    makes: {
      veil: graded('share of the light', [0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8], 0, veil),
      clouds: graded('light of the thickest cloud', [0, 0.1, 0.2, 0.4, 0.7, 1, 1.5, 2], 0, addClouds),
    },
  },
  gaussian_blur: {
    summary: 'blurred',
    stage: 'optics',
    makes: { repeat: graded('sigma in pixels', inPixels(SIGMAS, 0), 0, defocus) },
  },
  box_blur: {
    summary: 'blurred by the mean of a square',
    stage: 'optics',
    makes: {
      repeat: graded('radius in pixels', inPixels(RADII, 0), 0, by(boxBlur, 0)),
      even: graded('radius in pixels', inPixels(EVEN_RADII, 0.5), null, by(boxBlur, 0.5)),
    },
  },
  motion_blur: {
    summary: 'blurred by motion',
    stage: 'optics',
    makes: {
      across: graded('length in pixels', inPixels(LENGTHS, 1), 1, by(motionBlur, 'across')),
      down: graded('length in pixels', inPixels(LENGTHS, 1), 1, by(motionBlur, 'down')),
      across_even: graded('length in pixels', inPixels(EVEN_LENGTHS, 2), null, by(motionBlur, 'across', 0.5)),
      down_even: graded('length in pixels', inPixels(EVEN_LENGTHS, 2), null, by(motionBlur, 'down', 0.5)),
    },
  },
  defocus: {
    summary: 'out of focus',
    stage: 'optics',
    makes: { disk: graded('radius in pixels', inPixels([0.5, 0.8, 1, 1.25, 1.6, 2, 2.7, 3.5], 0.5), 0.5, diskBlur) },
  },
  gaussian_noise: {
    summary: 'a noisy sensor',
    stage: 'sensor',
    makes: {
      colour: graded('sigma of pixel/255', NOISE, 0, gaussianNoise),
      gray: graded('sigma of pixel/255', NOISE, 0, grayNoise),
    },
  },
  shot_noise: {
    summary: 'few photons',
    stage: 'sensor',
    makes: { poisson: graded('photons of white', [4, 8, 15, 30, 60, 120, 250, 600, 2_000], null, shotNoise) },
  },
  impulse_noise: {
    summary: 'values that are lost',
    stage: 'sensor',
    makes: {
      values: graded('share of the values', SHARES, 0, impulseNoise('values')),
      pixels: graded('share of the pixels', SHARES, 0, impulseNoise('pixels')),
    },
  },
  dead_pixels: {
    summary: 'pixels that are black or white in all images',
    stage: 'sensor',
    makes: { fixed: graded('share of the pixels', SHARES, 0, impulseNoise('dead')) },
  },
  jpeg: {
    summary: 'compressed',
    stage: 'storage',
    makes: { ijg: graded('quality', [4, 8, 14, 22, 32, 45, 60, 75, 88, 96], null, compressJpeg) },
  },
  resolution: {
    summary: 'fewer pixels, enlarged',
    stage: 'processing',
    makes: {
      smooth: graded('share of the side', SIDES, 1, by(coarsen, 'bilinear', 'bilinear')),
      hard: graded('share of the side', SIDES, 1, by(coarsen, 'box', 'nearest')),
      nearest: graded('share of the side', SIDES, 1, by(coarsen, 'nearest', 'nearest')),
    },
  },
  sharpness: {
    summary: 'sharpened, or smoothed',
    directions: ['smoothed', 'sharpened'],
    stage: 'processing',
    makes: { smooth: graded('factor', [0, 0.5, 1, 1.5, 2, 3, 4.5], 1, sharpen) },
  },
  saturation: {
    summary: 'paler or more colourful',
    directions: ['paler', 'more colourful'],
    stage: 'processing',
    makes: { gray: graded('factor', [0, 0.2, 0.4, 0.6, 0.8, 1, 1.3, 1.7, 2.3, 3], 1, saturate) },
  },
  hue: {
    summary: 'colours turned',
    stage: 'processing',
    makes: { hsv: graded('degrees', [-180, -120, -80, -50, -25, -10, 0, 10, 25, 50, 80, 120, 180], 0, turnHue) },
  },
  white_balance: {
    summary: 'wrong white balance',
    stage: 'processing',
    makes: {
      warm: graded('gain of red and loss of blue', GAINS, 0, shiftColour),
      green: graded('gain of green', GAINS, 0, (image, gain) => multiplyChannels(image, [1, 1 + gain, 1])),
      red: graded('gain of red', GAINS, 0, (image, gain) => multiplyChannels(image, [1 + gain, 1, 1])),
      blue: graded('gain of blue', GAINS, 0, (image, gain) => multiplyChannels(image, [1, 1, 1 + gain])),
    },
  },
  gray: { summary: 'without colours', stage: 'processing', makes: { luma: fixed((image) => saturate(image, 0)) } },
  channel_order: { summary: 'BGR taken for RGB', stage: 'storage', makes: { bgr: fixed(swapChannels) } },
  inversion: { summary: 'a negative', stage: 'storage', makes: { all: fixed(invert) } },
  rotation: {
    summary: 'a camera askew',
    stage: 'frame',
    makes: {
      mirror: graded('degrees', DEGREES, 0, by(rotate, 'mirror')),
      repeat: graded('degrees', DEGREES, 0, by(rotate, 'repeat')),
      black: graded('degrees', DEGREES, 0, by(rotate, 'black')),
      cut: graded('degrees', DEGREES, 0, by(rotate, 'cut')),
      nearest: graded('degrees', DEGREES, 0, rotateNearest),
    },
  },
  quarter_turn: {
    summary: 'turned by quarters',
    stage: 'frame',
    makes: {
      left: fixed((image) => rotateNearest(image, 90)),
      right: fixed((image) => rotateNearest(image, -90)),
      half: fixed((image) => rotateNearest(image, 180)),
    },
  },
  flip: {
    summary: 'mirrored, or upside down',
    stage: 'frame',
    makes: { mirrored: fixed(mirrorSides), upside_down: fixed(upsideDown) },
  },
  shift: {
    summary: 'moved in the frame',
    stage: 'frame',
    makes: {
      across: graded('share of the width', MOVES, 0, by(shift, 'across', 'black')),
      down: graded('share of the height', MOVES, 0, by(shift, 'down', 'black')),
      across_repeat: graded('share of the width', MOVES, 0, by(shift, 'across', 'repeat')),
      down_repeat: graded('share of the height', MOVES, 0, by(shift, 'down', 'repeat')),
    },
  },
  zoom: {
    summary: 'larger or smaller',
    directions: ['smaller in the frame', 'larger in the frame'],
    stage: 'frame',
    makes: {
      black: graded('factor', [0.5, 0.65, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2], 1, by(zoom, 'black')),
      repeat: graded('factor', [0.5, 0.65, 0.8, 0.9, 1], 1, by(zoom, 'repeat')),
    },
  },
  letterbox: {
    summary: 'black bars',
    stage: 'frame',
    makes: {
      above: graded('share of the height of each bar', [0, 0.04, 0.08, 0.13, 0.2, 0.3], 0, by(addBars, 'above')),
      beside: graded('share of the width of each bar', [0, 0.04, 0.08, 0.13, 0.2, 0.3], 0, by(addBars, 'beside')),
    },
  },
  vignette: {
    summary: 'darker at the edges',
    stage: 'optics',
    makes: { square: graded('loss of light in the corners', LOSSES, 0, vignette) },
  },
  stripes: {
    summary: 'every other line darker',
    stage: 'sensor',
    makes: {
      rows: graded('loss of light', LOSSES, 0, by(addStripes, 'rows')),
      columns: graded('loss of light', LOSSES, 0, by(addStripes, 'columns')),
    },
  },
  occlusion: {
    summary: 'something before the lens, elsewhere in each image',
    stage: 'scene',
    makes: {
      grey: graded('share of the area', AREAS, 0, occlude),
      black: graded('share of the area', AREAS, 0, (image, area, random) => occlude(image, area, random, BLACK)),
    },
  },
  overlay: {
    summary: 'something that stands still',
    stage: 'storage',
    makes: {
      middle_grey: standing([0.5, 0.5], GREY),
      middle_black: standing([0.5, 0.5], BLACK),
      top_left_white: standing([0, 0], WHITE),
      bottom_right_white: standing([1, 1], WHITE),
      top_left_black: standing([0, 0], BLACK),
      bottom_right_black: standing([1, 1], BLACK),
    },
  },
} as const satisfies Record<string, CauseFamily>;

export type CauseFamilyName = keyof typeof causeLibrary;

export const CAUSE_FAMILY_NAMES = Object.keys(causeLibrary) as readonly CauseFamilyName[];

function standing(place: readonly [number, number], level: number): CauseMake {
  return graded('share of the area', AREAS, 0, by(standStill, place, level));
}
