/** Flags that several commands share. */
import type { Options } from 'yargs';
import { wholeNumber } from './command.js';

export const weightsOption: Options = {
  type: 'string',
  demandOption: true,
  requiresArg: true,
  describe: 'Folder made by convert, or a bundled model',
};

/** Which arrays of a file are the images and their labels, and the order of their dimensions. */
export const imageSetOptions: Record<string, Options> = {
  images: { type: 'string', requiresArg: true, describe: 'Name of the image array', defaultDescription: 'arr_0' },
  labels: {
    type: 'string',
    requiresArg: true,
    describe: 'Name of the label array; "none" if there are no labels',
    defaultDescription: 'arr_1 if it exists',
  },
  layout: {
    type: 'string',
    choices: ['nhwc', 'nchw'],
    default: 'nhwc',
    describe: 'Order of the dimensions of the image array',
  },
};

export function seedOption(of: string): Options {
  return { type: 'number', default: 0, requiresArg: true, describe: of, coerce: wholeNumber('seed', 0) };
}

export function redactPathsOption(what: string): Options {
  return { type: 'boolean', default: false, describe: `No folders in what is made: ${what}` };
}
