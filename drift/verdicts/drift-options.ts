import { checkSeed, filled } from '../../base/index.js';
import { DriftError, grouped } from '../drift-error.js';
import { js } from '../methods/js.js';
import type { Method, MethodContext } from '../methods/method.js';
import { DEFAULT_METHODS, methodsByName } from '../methods/registry.js';
import { LEAST_SAMPLED_P } from '../methods/row-samples.js';
import { type Adjustment, type DriftOptions, driftFields } from '../options/index.js';
import type { Profile } from '../profile/profile.js';
import type { LogBase } from '../statistics/histogram-distances.js';

/** The least is that of 100,000 resamples of counts, for several methods; above the most, half of the quiet windows drift. */
export const ALPHA_RANGE = 'from 0.0001 to 0.5';

export function isAlpha(alpha: number): boolean {
  return alpha >= 0.0001 && alpha <= 0.5;
}

/** Methods whose p-value, corrected for all that vote, cannot be as small as alpha, and the smallest one possible. */
export function blindAt(alpha: number, methods: readonly Method[]): { names: string[]; leastP: number } {
  const leastP = LEAST_SAMPLED_P * methods.length;
  const names = leastP > alpha ? methods.filter(({ needsSample }) => needsSample).map(({ name }) => name) : [];
  return { names, leastP };
}

/** @param methods corrected for each other @throws DriftError `OPTION_OUT_OF_RANGE` where one would never alarm */
export function checkSeeing(alpha: number, methods: readonly Method[]): void {
  const { names, leastP } = blindAt(alpha, methods);
  if (names.length === 0) return;
  const least = Math.ceil(leastP * 10_000) / 10_000;
  const [they, have] = names.length === 1 ? ['it', 'has'] : ['them', 'have'];
  const among = methods.length === 1 ? '' : `, corrected for ${methods.length} methods`;
  throw new DriftError(
    'OPTION_OUT_OF_RANGE',
    `alpha ${alpha}: ${names.join(', ')} ${have} no p-value below ${least}${among}, so nothing would be called drift`,
    { hint: `Compare without ${they}, or with an alpha of at least ${least}.` },
  );
}

const ADJUSTMENTS: readonly Adjustment[] = ['bh'];

export interface DriftSettings {
  methods: readonly Method[];
  groupName: string | undefined;
  thresholds: ReadonlyMap<string, number>;
  adjust: Adjustment | null;
  alpha: number;
  /** True if nobody named methods: those that have no data then have no vote. */
  isDefault: boolean;
  context: MethodContext;
}

const DEFAULT_DRAWS = 2_000;
/** So many windows would take minutes: fewer resamples make bands less exact, but not a p that may be significant. */
const MANY_WINDOWS = 1_000;
const DRAWS_OF_MANY = 499;
/** Limits of `draws`. With fewer, no p-value can be below 0.05; with more, a verdict takes minutes. */
const MIN_DRAWS = 19;
const MAX_DRAWS = 100_000;

/**
 * @throws DriftError `OPTION_OUT_OF_RANGE`, `METHOD_UNKNOWN`, `NO_METHODS`, `THRESHOLD_AMBIGUOUS`
 * @throws RandomError `SEED_NOT_AN_INTEGER`
 */
export function driftSettings(options: DriftOptions, windows: number, profile?: Profile): DriftSettings {
  const { base, alpha, detect, seed } = filled(options, driftFields);
  const { draws = windows > MANY_WINDOWS ? DRAWS_OF_MANY : DEFAULT_DRAWS } = options;
  if (!isAlpha(alpha)) throw outOfRange('alpha', alpha, ALPHA_RANGE);
  if (!(detect > 0 && detect <= 1)) throw outOfRange('detect', detect, 'above 0, at most 1');
  if (!Number.isInteger(draws) || draws < MIN_DRAWS || draws > MAX_DRAWS) {
    throw outOfRange('draws', draws, `a whole number from ${MIN_DRAWS} to ${grouped(MAX_DRAWS)}`);
  }
  const { adjust = null } = options;
  if (adjust !== null && !ADJUSTMENTS.includes(adjust)) throw outOfRange('adjust', adjust, ADJUSTMENTS.join(', '));
  checkSeed(seed);
  const asked = askedMethods(options);
  const methods = methodsByName(asked ?? DEFAULT_METHODS);
  // Methods that nobody named vote with others that see.
  if (asked !== undefined) checkSeeing(alpha, methods);
  // The smallest p-value, 1 / (1 + draws), must survive the correction for methods and the adjustment for windows.
  const tests = methods.length * (adjust === null ? 1 : windows);
  const wanted = Math.ceil((2 * tests) / alpha);
  const maxDraws = Math.min(MAX_DRAWS, Math.max(draws, wanted));
  return {
    methods,
    groupName: options.groupName,
    thresholds: thresholdsOf(options.threshold, methods, base, profile),
    adjust,
    alpha,
    isDefault: asked === undefined,
    context: {
      ...{ base, detect, seed, draws, maxDraws },
      alpha: alpha / methods.length,
      tests: methods.length,
      adjustedFor: adjust === null ? 1 : windows,
    },
  };
}

/** Whether a comparison could be made with these options: before anything is read. @throws as `driftSettings` */
export function checkDriftOptions(options: DriftOptions): void {
  driftSettings(options, 1);
}

/** One threshold without a name is one of the distance, which is then the only method. */
export function askedMethods({ methods, threshold }: DriftOptions): readonly string[] | undefined {
  return methods ?? (typeof threshold === 'number' ? [js.name] : undefined);
}

function thresholdsOf(
  threshold: DriftOptions['threshold'],
  methods: readonly Method[],
  base: LogBase,
  profile: Profile | undefined,
): Map<string, number> {
  if (threshold === undefined) return new Map();
  const entries = typeof threshold === 'number' ? [[onlyName(methods), threshold] as const] : Object.entries(threshold);
  for (const [name, value] of entries) {
    if (!(value >= 0 && Number.isFinite(value))) throw outOfRange(`threshold of ${name}`, value, '0 or more');
    const method = methods.find((one) => one.name === name);
    if (method === undefined) {
      const compared = methods.map((one) => one.name).join(', ');
      throw new DriftError('METHOD_UNKNOWN', `threshold of ${JSON.stringify(name)}: the methods are ${compared}`);
    }
    // A unit that was mistaken, such as per cent, would silence every alarm.
    const isOfSeveral = profile === undefined || profile.thresholds !== undefined;
    const greatest =
      method.unitOfSeveral !== undefined && isOfSeveral ? Number.POSITIVE_INFINITY : method.greatest(base);
    if (value > greatest) throw outOfRange(`threshold of ${name}`, value, `0 to ${Number(greatest.toFixed(4))}`);
  }
  return new Map(entries);
}

function onlyName(methods: readonly Method[]): string {
  if (methods.length === 1) return methods[0]!.name;
  throw new DriftError(
    'THRESHOLD_AMBIGUOUS',
    `one threshold, ${methods.length} methods (${methods.map(({ name }) => name).join(', ')}): their values differ in unit`,
    { hint: 'Name the method, e.g. js=0.1.' },
  );
}

function outOfRange(name: string, value: number | string, range: string): DriftError {
  return new DriftError('OPTION_OUT_OF_RANGE', `${name} ${value}: ${range} is possible`);
}
