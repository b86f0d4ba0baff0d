/** Windows judged against a profile by the methods of the room drift. */
import { type MethodContext, methodsByName, type Profile, WindowCounter } from '../../drift/index.js';
import { DrillError } from './drill-error.js';
import type { Judge } from './windows.js';

/** Resamples of a null at the usual alpha: a drill has thousands of windows, and asks of each only whether p <= alpha. */
const LEAST_DRAWS = 199;
/** Resamples for each that alpha lets through: fewer would make the answer a matter of luck. */
const DRAWS_OVER_ALPHA = 10;

/** A method is told what a window should be able to see; a drill finds that out instead, and does not look at the answer. */
const DETECT = 0.1;

/**
 * @param methods names as in `--methods`
 * @throws DriftError `METHOD_UNKNOWN`, `NO_METHODS`; DrillError `PROFILE_NOT_CALIBRATED`
 */
export function profileJudge(
  profile: Profile,
  methods: readonly string[],
  { alpha, seed }: { alpha: number; seed: number },
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
  let judged = 0;
  return (window) => {
    const counter = new WindowCounter(profile, counterOptions);
    counter.add(window);
    const summary = counter.summary();
    // A seed a window: with one for all, the luck of one null would be in every window's verdict.
    const context: MethodContext = { base: 'e', alpha, detect: DETECT, seed: seed + judged++, draws, maxDraws: draws };
    return new Map(chosen.map((method) => [method.name, method.compare(profile, summary, context)]));
  };
}

/** A test is exact where `alpha · (draws + 1)` is whole; then p <= alpha comes with a chance of exactly alpha. */
function drawsFor(alpha: number): number {
  return Math.max(LEAST_DRAWS, Math.ceil(DRAWS_OVER_ALPHA / alpha) - 1);
}
