/** The modules of the kernels. Compiling takes much of a start, so each has one build and one tile. */
import type { Precision } from '../../../contract/backend.js';
import type { Arithmetic } from '../printing/text.js';

/** `relaxed` multiplies and adds in one instruction (relaxed SIMD), `plain` in two. */
export type Build = Arithmetic;

/** The better build first. */
export const BUILDS: readonly Build[] = ['relaxed', 'plain'];

/** Rows of the largest tile for registers of 256 bits and of 128; in `plain`, a product takes a register, too. */
export const TILES: Readonly<Record<Build, readonly number[]>> = { relaxed: [6, 2], plain: [4, 2] };

export const CHOICES = ['any', 'plain'] as const;

/** The modules that may be used. `plain` alone gives the same bits on every machine and in every Node. */
export type ModuleChoice = (typeof CHOICES)[number];

export interface KernelModule {
  /** Its file is `kernels-<name>.wasm`. */
  name: string;
  build: Build;
  /** `6x16`: rows and columns of a product that a kernel keeps in registers. */
  tile: string;
  rows: number;
}

/** The better build first, and the larger tile. */
export const MODULES: readonly KernelModule[] = BUILDS.flatMap((build) =>
  TILES[build].map((rows) => {
    const tile = `${rows}x16`;
    return { name: `${build}-${tile}`, build, tile, rows };
  }),
);

export function modulesOf(choice: ModuleChoice): readonly KernelModule[] {
  return MODULES.filter(({ build }) => choice !== 'plain' || build === 'plain');
}

export function choiceFor(precision: Precision): ModuleChoice {
  return precision === 'reproducible' ? 'plain' : 'any';
}
