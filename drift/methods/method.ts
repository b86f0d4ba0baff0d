/** A way to compare a window with a profile: what every file of this folder provides. */
import type { Sensitivity } from '../null/sensitivity.js';
import type { Profile } from '../profile/profile.js';
import type { LogBase } from '../statistics/jensen-shannon.js';
import type { WindowSummary } from '../windows/window-summary.js';

export interface Method {
  /** As in `--methods` and in JSON. */
  readonly name: string;
  /** For people: the head of a column. */
  readonly title: string;
  /** What the value is measured in, and its range. */
  readonly unit: string;
  /** On which side of a threshold the value alarms. */
  readonly alarms: 'above' | 'below';
  /** True where it compares the rows of the samples: a window counted without a sample has nothing for it. */
  readonly needsSample: boolean;
  /** Null where the profile or the window lack what it compares. */
  compare(profile: Profile, window: WindowSummary, context: MethodContext): MethodResult | null;
}

export interface MethodContext {
  /** Of the Jensen-Shannon distance. */
  readonly base: LogBase;
  /** Level of the verdict; intervals are of 95 % whatever it is. */
  readonly alpha: number;
  /** Jensen-Shannon distance, base 2, that a window should be able to see. */
  readonly detect: number;
  readonly seed: number;
  /** Resamples that a null distribution is made of. */
  readonly draws: number;
  /**
   * Where fewer than ten of `draws` reach the value, more may be drawn, up to this: with many windows a p-value must be
   * small to stay significant after adjustment.
   */
  readonly maxDraws: number;
}

export interface MethodResult {
  value: number;
  /** Of the logarithm in the value, where there is one. */
  base?: LogBase;
  /** 95 % confidence interval of the value. */
  low: number | null;
  high: number | null;
  /** Where 95 % of the values lie without drift, at this number of rows. */
  band: [number, number] | null;
  /** Chance of such a value or a more extreme one without drift; null where the profile is not calibrated. */
  p: number | null;
  /** Null: as for the reference's clusters. */
  sensitivity: Sensitivity | null;
  /** More numbers for the JSON, in its names. */
  details?: Readonly<Record<string, unknown>>;
}
