/** Options of a comparison: flags, help, config keys and variables follow from them. It loads nothing of this room. */
import { anything, list, number, type OptionsOf, oneOf, text, whole } from '../../base/index.js';

export const driftFields = {
  /** Names of methods, or `all`; default those of `DEFAULT_METHODS` that have what they compare. */
  methods: list().computes(
    'js, psi, mmd, classifier, frechet, labels, confidence, entropy, accuracy, images, repeats: a,b,c or all; else js, mmd, labels, confidence, images and repeats vote as one test',
  ),
  /** Share of windows without drift that may be called drift, from 0.0001 to 0.5; default 0.05. */
  alpha: number().default(0.05).computes('Share of windows without drift that may be called drift, from 0.0001 to 0.5'),
  /**
   * Adjusts p-values for the number of windows, for a look back. By default the verdict on a window does not change
   * when others are added. `bh`: the false-discovery rate over the windows of a method, by Benjamini and Hochberg.
   */
  adjust: oneOf('bh').computes('For a look back at many windows: adjust p for their number, by Benjamini and Hochberg'),
  /** A change on the harmless side of it is not drift. One number for one method, or numbers by name; default none. */
  threshold: text()
    .listed()
    .orNumber()
    .from(thresholds, (flag, given) => `${flag} ${given}: a number is needed, or js=0.1,psi=0.2`)
    .computes('No drift below this value, however sure: js=0.1,psi=0.2; without a name it is js, and the only method'),
  /** Jensen-Shannon distance (base 2) that a window should be able to detect; default 0.1. */
  detect: number().default(0.1).computes('Distance (base 2) that a window must be able to see, or it has too few rows'),
  /** Base of the Jensen-Shannon distance; default `'e'`, as Fiddler's documentation implies. */
  base: oneOf('e', '2')
    .from((given): 'e' | 2 => (given === '2' ? 2 : 'e'))
    .default('e')
    .computes('Of the logarithm: e as Fiddler and scipy, 2 for a range of 0 to 1'),
  /** What groups of the windows' rows are, as in `--group`; default as in the profile, or `group`. */
  groupName: anything<string>(),
  /** Resamples for a null distribution; default 2,000, or 499 for more than 1,000 windows. */
  draws: anything<number>(),
  /** Default 0. */
  seed: whole(0).default(0).computes('Of all resampling'),
};

export interface DriftOptions extends OptionsOf<typeof driftFields> {}

export type Adjustment = NonNullable<DriftOptions['adjust']>;

export const profileFields = {
  /** Number of clusters; default 5, as in Fiddler. */
  clusters: whole(1).default(5).computes('k of k-means, the bins of the histogram'),
  /** Seed of the sample and of k-means; default 0. */
  seed: whole(0).default(0).computes('Of k-means, and of which rows are held out'),
  /** Starts of k-means; default 10. */
  restarts: anything<number>(),
  /** Sample size; default and maximum `MAX_FIT_ROWS`, less for vectors of more than 838 values. */
  maxFitRows: anything<number>(),
};

/**
 * How the clusters of a baseline are found.
 *
 * @example
 * ```ts
 * import { fitProfileFromEvents, type ProfileOptions } from 'image-drift';
 *
 * const options: ProfileOptions = { clusters: 8, seed: 1 };
 * const profile = await fitProfileFromEvents('reference.parquet', options);
 * console.log(profile.counts.length); // 8
 * ```
 */
export interface ProfileOptions extends OptionsOf<typeof profileFields> {}

/** What `--threshold` says: `0.1`, or a number for each method, `js=0.1,psi=0.2`. */
function thresholds(given: string): number | Readonly<Record<string, number>> | undefined {
  const isNumber = (part: string) => part.trim() !== '' && Number.isFinite(Number(part));
  if (!given.includes('=')) return isNumber(given) ? Number(given) : undefined;
  const parts = given.split(',').map((part) => part.split('='));
  if (!parts.every(([, value = '']) => isNumber(value))) return undefined;
  return Object.fromEntries(parts.map(([name = '', value]) => [name, Number(value)]));
}
