/** Judges windows against a profile by the methods of `drift`. */
import { type DriftBatch, type MethodContext, methodsByName, type Profile, WindowCounter } from '../../drift/index.js';
import { DrillError } from './drill-error.js';
import { type AlarmShares, alarmShares, type Judge, type WindowPlan } from './windows.js';

/**
 * Resamples for a null distribution at the usual alpha. A drill has thousands of windows and asks only whether p <=
 * alpha.
 */
const LEAST_DRAWS = 199;
/** Resamples times alpha. With fewer, the answer would depend on luck. */
const DRAWS_OVER_ALPHA = 10;

/** Methods need the distance that a window should detect. The drill measures that itself and ignores their answer. */
const DETECT = 0.1;

/** What is to be found out about the rows of one corruption and level; plain data, so that another thread can do it. */
export interface DrillLook {
  profile: Profile;
  methods: readonly string[];
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
 * @param methods names as in `--methods`
 * @param options `judged`: number of windows that were judged before
 * @throws DriftError `METHOD_UNKNOWN`, `NO_METHODS`; DrillError `PROFILE_NOT_CALIBRATED`
 */
export function profileJudge(
  profile: Profile,
  methods: readonly string[],
  { alpha, seed, judged: before = 0 }: { alpha: number; seed: number; judged?: number },
): Judge {
  const chosen = methodsByName(methods);
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
  const draws = drawsFor(alpha);
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
      draws,
      maxDraws: draws,
    };
    return new Map(chosen.map((method) => [method.name, method.compare(profile, summary, context)]));
  };
}

/** A test is exact if `alpha · (draws + 1)` is whole: p <= alpha then has a chance of exactly alpha. */
function drawsFor(alpha: number): number {
  return Math.max(LEAST_DRAWS, Math.ceil(DRAWS_OVER_ALPHA / alpha) - 1);
}
