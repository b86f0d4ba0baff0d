import type { Looked } from '../null/interval.js';
import type { Profile } from '../profile/profile.js';
import type { LogBase } from '../statistics/histogram-distances.js';
import type { WindowSummary } from '../windows/window-summary.js';

export interface Method {
  /** Name in `--methods` and in JSON. */
  readonly name: string;
  /** Title for people, used as the head of a column. */
  readonly title: string;
  /** What the value is, in a sentence of the report for people. */
  readonly explanation: string;
  /** Unit and range of the value. */
  readonly unit: string;
  /** What the value is where several labels may hold, if that differs; it is then as large as it likes. */
  readonly unitOfSeveral?: string;
  /** The largest possible value; `Infinity` if there is none. No threshold lies beyond it. */
  readonly greatest: (base: LogBase) => number;
  /** Side of a threshold on which the value raises an alarm. */
  readonly alarms: 'above' | 'below';
  /** What profile and window must have, in words. Without it, there is no result. */
  readonly takes: string;
  /** True if the method compares the rows of samples; it then has no result for a window without a sample. */
  readonly needsSample: boolean;
  /** Returns null if the profile or the window lacks what the method compares. */
  compare(profile: Profile, window: WindowSummary, context: MethodContext): MethodResult | null;
}

export interface MethodContext {
  /** Base of the Jensen-Shannon distance. */
  readonly base: LogBase;
  /** Level of this method: that of the verdict, divided by the number of methods. The band ends where p reaches it. */
  readonly alpha: number;
  /** Number of methods that vote together. */
  readonly tests: number;
  /** Jensen-Shannon distance (base 2) that a window should be able to detect. */
  readonly detect: number;
  readonly seed: number;
  /** Resamples for a null distribution. */
  readonly draws: number;
  /** More than `draws` resamples are drawn while fewer than ten reach the value: many windows need smaller p-values. */
  readonly maxDraws: number;
  /** Number of windows that p-values are adjusted for; default 1. */
  readonly adjustedFor?: number | undefined;
  /** For who asks only whether p is at most this level: no more is drawn than that takes. Default: all is drawn. */
  readonly decideAt?: number | undefined;
}

export interface MethodResult {
  value: number;
  base?: LogBase;
  /** Confidence interval of the value. */
  low: number | null;
  high: number | null;
  /** Interval of the values with p above `alpha`, at this number of rows. */
  band: [number, number] | null;
  /** Chance of a value at least this extreme without drift; null if the profile is not calibrated. */
  p: number | null;
  /** What its power follows from; null where that is not known. */
  looked: Looked | null;
  /** More numbers for the JSON, under these names. */
  details?: Readonly<Record<string, unknown>>;
}
