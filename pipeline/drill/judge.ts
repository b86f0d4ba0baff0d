/** Judges windows against a profile as `drift` does: by the vote of its default methods, or by methods that are named. */
import {
  checkSeeing,
  DEFAULT_METHODS,
  type DriftBatch,
  defaultAlarms,
  type MethodContext,
  type MethodResult,
  methodsByName,
  type Profile,
  WindowCounter,
} from '../../drift/index.js';
import { DrillError } from './drill-error.js';
import { type AlarmShares, alarmShares, type Judge, type WindowPlan } from './windows.js';

/** How the vote is called beside methods. */
export const DEFAULT_VOTE = 'default';
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
  /** Undefined for the vote of the default. */
  methods: readonly string[] | undefined;
  rows: DriftBatch;
  plan: WindowPlan;
  /** Number of windows that the drill has judged before. */
  judged: number;
}

/** The share of windows that raise an alarm. Throws what `profileJudge` throws. */
export function lookForAlarms({ profile, methods, rows, plan, judged }: DrillLook): AlarmShares[] {
  return alarmShares(rows, profileJudge(profile, methods, { ...plan, judged }), plan);
}

/**
 * @param methods names as in `--methods`; undefined for the vote of the default
 * @param options `judged`: number of windows that were judged before
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
    throw new DrillError(
      'PROFILE_NOT_CALIBRATED',
      'the profile has no held-out rows, so that no window can be judged',
      {
        hint: 'Make it again with image-drift baseline, of at least 40 rows.',
      },
    );
  }
  const counterOptions = chosen.some(({ needsSample }) => needsSample) ? {} : { sampleRows: 0 };
  const maxDraws = drawsFor(methods === undefined ? alpha / DEFAULT_METHODS.length : alpha);
  let judged = before;
  return (window) => {
    const counter = new WindowCounter(profile, counterOptions);
    counter.add(window);
    const summary = counter.summary();
    // Each window has its own seed. With one for all, the luck of one null would be in every verdict.
    const context: MethodContext = {
      base: 'e',
      alpha,
      tests: 1,
      detect: DETECT,
      seed: seed + judged++,
      draws: FIRST_DRAWS,
      maxDraws,
      decideAt: alpha,
    };
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

/** A test is exact if `alpha · (draws + 1)` is whole: p <= alpha then has a chance of exactly alpha. */
function drawsFor(alpha: number): number {
  return Math.max(LEAST_DRAWS, Math.ceil(DRAWS_OVER_ALPHA / alpha) - 1);
}
