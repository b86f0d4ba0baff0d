/** What a baseline says before the first window: coordinates, covariances, how much windows vary, references. */
import { baselineWorth, DAY, groupDesign, groupedBy, type Profile } from '../drift/index.js';
import { type BaselineSums, type BlockName, FeatureModel, type Sums } from '../drift/monitor/index.js';
import { BlockView, squareOf } from './block-view.js';
import { MonitorError } from './monitor-error.js';
import { type MonitorPromise, phaseOf } from './promise.js';
import { Spread } from './spread.js';
import { addPart, noPart, type Part, partOf, residual } from './stream.js';

export interface BaselineBlock {
  view: BlockView;
  /** All rows. */
  all: Part;
  /** Independent rows that the covariance is of. */
  heldOutRows: number;
  /** By phase of the season. */
  references: ReadonlyMap<number, Part>;
  /** By value of the promise's column; empty where the baseline was not asked for it, or windows have a season. */
  by: ReadonlyMap<string, Part>;
  factor: Float64Array;
  /** How its days vary, or blocks of its rows. */
  spread: Spread;
  /** Whether weekdays differ by more than days do, as far as that is known. */
  weekdaysDiffer: boolean;
}

export interface BaselineContext {
  /** Sums of the held-out rows, with products. */
  heldOut: Sums;
  blocks: readonly BaselineBlock[];
  /** Rows that one independent row takes. */
  effect: number;
  /** Days with rows. */
  days: number;
  /** @returns rows of a window that one independent row takes */
  windowEffect(sums: Sums): number;
}

/** Days with which it is known how much more days vary than their rows say. */
export const LEAST_DAYS = 14;
/** Degrees of freedom that all blocks together say something of one with. */
const PRIOR_FREEDOM = 40;
/** A part with fewer rows says too little. */
const LEAST_PART = 8;

/** @throws MonitorError `PROFILE_WITHOUT_SUMS`, `PROFILE_SUMS_INVALID` */
export function baselineContext(profile: Profile, promise: MonitorPromise): BaselineContext {
  const { monitor } = profile;
  if (monitor === null || monitor.all.rows === 0) {
    throw new MonitorError('PROFILE_WITHOUT_SUMS', 'the profile has no sums that a monitor could start from', {
      hint: 'Make it again with this version: image-drift baseline EVENTS --out profile.json',
    });
  }
  const { effect } = baselineWorth(profile);
  const choice = profile.crossFit?.choiceEffect ?? 1;
  const model = new FeatureModel(profile);
  const { features, products } = monitor.heldOut;
  if (features.length !== model.size || products.length !== model.products) {
    const found = `${features.length} sums and ${products.length} products`;
    const needed = `${model.size} and ${model.products} would fit`;
    throw new MonitorError('PROFILE_SUMS_INVALID', `the profile's monitor.held_out: ${found}, ${needed}`);
  }
  const views = model.blocks.map((block, i) => new BlockView(block, i, monitor.all));
  const used = views.filter((view) => view.size > 0 && view.rows(monitor.heldOut) > 1);
  const effectOf = (name: BlockName) => effect * (name === 'clusters' ? choice : 1);
  const blocks = used.map((view) => baselineBlock(view, monitor, promise, effectOf(view.block.name)));
  const spreads = blocks.map(({ spread }) => spread.copy());
  for (const { spread } of blocks) spread.addPrior(spreads, PRIOR_FREEDOM);
  return {
    heldOut: monitor.heldOut,
    blocks,
    effect,
    days: monitor.days.size,
    windowEffect: windowEffect(profile, effect),
  };
}

function windowEffect({ groups }: Profile, effect: number): (sums: Sums) => number {
  if (groups === null || !groups.given) return () => effect;
  const { likeness } = groupDesign(groups.groups, true);
  return ({ rows, squares }) => (rows === 0 ? 1 : Math.max(1, 1 + (squares / rows - 1) * (likeness ?? 1)));
}

function baselineBlock(
  view: BlockView,
  { all, heldOut, days, blocks, by }: BaselineSums,
  promise: MonitorPromise,
  effect: number,
): BaselineBlock {
  const factor = view.factor(heldOut);
  const seasonal = promise.season !== null && promise.season > promise.window;
  const spreadBy = (parts: ReadonlyMap<number, Sums>, phase: (number: number) => number) => {
    const spread = new Spread();
    const phases = groupedBy(parts, ([number]) => phase(number));
    for (const [, ofPhase] of phases) addParts(spread, view, factor, ofPhase, effect);
    return spread;
  };
  const dayOf = (season: number | null) => (day: number) => phaseOf(day * DAY, { window: DAY, season });
  const spread = spreadBy(days, dayOf(promise.season));
  const areKnown = days.size >= LEAST_DAYS;
  const weekdaysDiffer = areKnown && !seasonal && spread.exceeds(spreadBy(days, dayOf(7 * DAY)), SURE);
  if (!areKnown) {
    const ofRows = spreadBy(blocks, () => 0);
    spread.addPrior([ofRows], Number.POSITIVE_INFINITY);
  }
  const values = seasonal || promise.by === null ? [] : (by.get(promise.by) ?? []);
  const byValue = new Map(Array.from(values, ([value, sums]) => [value, partOf(view, sums, effect)]));
  const whole = partOf(view, all, effect);
  const references = seasonal ? referencesBy(days, view, promise, effect) : new Map([[0, whole]]);
  const heldOutRows = view.rows(heldOut) / effect;
  return { view, all: whole, heldOutRows, references, by: byValue, factor, spread, weekdaysDiffer };
}

/** That weekdays differ is said of one baseline in a thousand without reason. */
const SURE = 0.999;

/** Sums of days say nothing of the hours of a day. */
function referencesBy(
  days: ReadonlyMap<number, Sums>,
  view: BlockView,
  promise: MonitorPromise,
  effect: number,
): Map<number, Part> {
  const references = new Map<number, Part>();
  if (promise.window !== DAY) return references;
  for (const [day, sums] of days) {
    const phase = phaseOf(day * DAY, promise);
    const reference = references.get(phase) ?? noPart(view.size);
    addPart(reference, partOf(view, sums, effect));
    references.set(phase, reference);
  }
  return references;
}

/** Residuals of parts of one phase, each beside the others. */
function addParts(
  spread: Spread,
  view: BlockView,
  factor: Float64Array,
  ofPhase: readonly (readonly [number, Sums])[],
  effect: number,
): void {
  const parts = ofPhase.map(([, sums]) => partOf(view, sums, effect)).filter(({ rows }) => rows >= LEAST_PART / effect);
  if (parts.length < 2) return;
  const whole = noPart(view.size);
  for (const part of parts) addPart(whole, part);
  let square = 0;
  for (const part of parts) {
    const rest = { rows: whole.rows - part.rows, totals: whole.totals.map((total, i) => total - part.totals[i]!) };
    // Each pair of parts counts twice, which freedom says.
    if (rest.rows > 0) square += (squareOf(residual(factor, part, rest)) * rest.rows) / whole.rows;
  }
  spread.add(square, (parts.length - 1) * view.size);
}
