/** A choice of kernels, in the form that is kept for the next start and sent between processes. */
import { isRate } from '../../../../files/index.js';
import { BUILDS, type Build } from '../builds/modules.js';
import { type Flag, OUR_FLAGS } from '../builds/v8-flags.js';

export interface Remembered {
  build: Build;
  tile: string;
  revectorized: boolean;
  /** Multiplications a second of one thread. */
  multiplyAdds: number;
  known: Flag[];
}

export function isRemembered(value: object): value is Remembered {
  const { build, tile, revectorized, multiplyAdds, known } = value as Record<string, unknown>;
  return (
    BUILDS.some((one) => one === build) &&
    typeof tile === 'string' &&
    typeof revectorized === 'boolean' &&
    isRate(multiplyAdds) &&
    Array.isArray(known) &&
    known.every((flag) => OUR_FLAGS.some((one) => one === flag))
  );
}
