/** Judges windows against a profile as `drift` does: by the vote of its default methods, or by named methods. */
import { Random } from '../../base/index.js';
import {
  checkSeeing,
  DEFAULT_METHODS,
  type DriftBatch,
  defaultAlarms,
  type MethodContext,
  type MethodResult,
  methodsByName,
  type Profile,
  takeRows,
  WindowCounter,
} from '../../drift/index.js';
import { SAMPLE_STREAM } from '../sampled/sampled-images.js';
import { DrillError } from './drill-error.js';

/** Whether each method calls a window drift; null if its rows lack what a method compares. */
export type Judge = (window: DriftBatch) => ReadonlyMap<string, boolean | null>;

export interface WindowPlan {
  sizes: readonly number[];
  repeats: number;
  alpha: number;
  seed: number;
}

/** Limit of `repeats`: more would take hours. It also keeps the random streams of two sizes apart. */
export const MAX_REPEATS = 10_000;

/** Number of windows of each size. A window as large as all rows is drawn once, because all such windows are equal. */
export function windowCounts(rows: number, { sizes, repeats }: Pick<WindowPlan, 'sizes' | 'repeats'>): number[] {
  return sizes.map((size) => (size > rows ? 0 : size === rows ? 1 : repeats));
}

/**
 * The share of windows that raise an alarm, by method and window size; null if none was drawn or could be judged.
 * Windows, drawn without replacement, depend only on seed, size and number of rows: drills of as many images share
 * them.
 */
export function alarmShares(rows: DriftBatch, judge: Judge, plan: WindowPlan): AlarmShares[] {
  const counts = windowCounts(rows.embeddings.rows, plan);
  const bySize = plan.sizes.map((size, i) => Array.from(windows(rows, size, counts[i]!, plan.seed), judge));
  const methods = new Set(bySize.flat().flatMap((judged) => [...judged.keys()]));
  return [...methods].map((method) => ({ method, shares: bySize.map((judged) => shareOf(judged, method)) }));
}

export interface AlarmShares {
  method: string;
  /** For each window size, 0 to 1. */
  shares: (number | null)[];
}

function shareOf(judged: readonly ReadonlyMap<string, boolean | null>[], method: string): number | null {
  const alarms = judged.map((one) => one.get(method) ?? null).filter((alarm) => alarm !== null);
  return alarms.length === 0 ? null : alarms.filter(Boolean).length / alarms.length;
}

function* windows(rows: DriftBatch, size: number, count: number, seed: number): Iterable<DriftBatch> {
  for (let i = 0; i < count; i++) {
    const stream = SAMPLE_STREAM + 1 + size * MAX_REPEATS + i;
    const drawn = Random.stream(seed, stream).sample(rows.embeddings.rows, size);
    // Rows drawn at random are no neighbours, whatever their numbers are.
    yield { ...takeRows(rows, [...drawn]), rowNumbers: undefined };
  }
}

const DEFAULT_VOTE = 'default';
/** Resamples for a null distribution at the usual alpha. A drill has thousands of windows. */
const LEAST_DRAWS = 199;
/** Resamples of a window that is plainly not unusual: a drill asks only whether p <= alpha. */
const FIRST_DRAWS = 49;
/** Resamples times alpha. With fewer, the answer would depend on luck. */
const DRAWS_OVER_ALPHA = 10;

/** Methods need the distance that a window should detect. The drill measures that itself and ignores their answer. */
const DETECT = 0.1;

/** What is to be found out about the rows of one corruption and level; plain data, so that another thread can do it. */
export interface DrillLook {
  profile: Profile;
  methods: readonly string[] | undefined;
  rows: DriftBatch;
  plan: WindowPlan;
  judged: number;
}

/** The share of windows that raise an alarm. Throws what `profileJudge` throws. */
export function lookForAlarms({ profile, methods, rows, plan, judged }: DrillLook): AlarmShares[] {
  return alarmShares(rows, profileJudge(profile, methods, { ...plan, judged }), plan);
}

/**
 * @param methods names as in `--methods`; undefined for the vote of the default @param options `judged`: windows before
 * @throws DriftError `METHOD_UNKNOWN`, `NO_METHODS`, `OPTION_OUT_OF_RANGE`; DrillError `PROFILE_NOT_CALIBRATED`
 */
export function profileJudge(
  profile: Profile,
  methods: readonly string[] | undefined,
  { alpha, seed, judged: before = 0 }: { alpha: number; seed: number; judged?: number },
): Judge {
  const chosen = methodsByName(methods ?? DEFAULT_METHODS);
  // Each is judged alone.
  if (methods !== undefined) for (const method of chosen) checkSeeing(alpha, [method]);
  if (profile.reference === null) {
    const message = 'the profile has no held-out rows, so that no window can be judged';
    const hint = 'Make it again with image-drift baseline, of at least 40 rows.';
    throw new DrillError('PROFILE_NOT_CALIBRATED', message, { hint });
  }
  const counterOptions = chosen.some(({ needsSample }) => needsSample) ? {} : { sampleRows: 0 };
  // A test is exact if `alpha · (draws + 1)` is whole: p <= alpha then has a chance of exactly alpha.
  const each = methods === undefined ? alpha / DEFAULT_METHODS.length : alpha;
  const maxDraws = Math.max(LEAST_DRAWS, Math.ceil(DRAWS_OVER_ALPHA / each) - 1);
  let judged = before;
  return (window) => {
    const counter = new WindowCounter(profile, counterOptions);
    counter.add(window);
    const summary = counter.summary();
    // Each window has its own seed. With one for all, the luck of one null would be in every verdict.
    const draws = { seed: seed + judged++, draws: FIRST_DRAWS, maxDraws };
    const context: MethodContext = { base: 'e', alpha, tests: 1, detect: DETECT, ...draws, decideAt: alpha };
    if (methods === undefined) return new Map([[DEFAULT_VOTE, defaultAlarms(profile, summary, context)]]);
    return new Map(chosen.map((method) => [method.name, alarmOf(method.compare(profile, summary, context), alpha)]));
  };
}

function alarmOf(result: MethodResult | null, alpha: number): boolean | null {
  return result === null || result.p === null ? null : result.p <= alpha;
}

/** Whether the statistics of the images count, if they are there. */
export function comparesStatistics({ reference }: Profile, methods: readonly string[] | undefined): boolean {
  const chosen = methodsByName(methods ?? DEFAULT_METHODS);
  return chosen.some(({ name }) => name === 'images') && Object.keys(reference?.statistics ?? {}).length > 0;
}
