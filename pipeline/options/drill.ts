import { anything, list, number, type OptionsOf, text, time, toggle, whole } from '../../base/index.js';
import type { GradedCorruptionName, Level } from '../../data/index.js';
import { type ImageOptions, imageFields } from './images.js';
import { windowFields } from './measure.js';

export const DRILL_WINDOW_SIZES: readonly number[] = [50, 100, 200, 500, 1000];
/** Nine corruptions at five levels of as many 32 × 32 images take a minute or two on two cores. */
export const DRILL_LIMIT = 1000;
/** Enough to tell a share of 80 % from one of 60 %. */
export const DRILL_REPEATS = 40;
/** An accuracy to a point or two. */
export const EXPLAIN_ROWS = 2500;
export const EXPLAIN_LOOKS = 200;
export const EXPLAIN_CANDIDATES = 4;

const isSize = (part: string) => Number.isSafeInteger(Number(part)) && Number(part) >= 1;

const ownDrillFields = {
  /** Default: all. */
  corruptions: anything<readonly GradedCorruptionName[]>(),
  /** Default 1 to 5. */
  levels: anything<readonly Level[]>(),
  /** Rows of a window; default 50, 100, 200, 500 and 1,000. Sizes above the number of images are not drawn. */
  windowSizes: text()
    .listed()
    .orNumber()
    .from(
      (given): readonly number[] | undefined =>
        given.split(',').every(isSize) ? given.split(',').map(Number) : undefined,
      (flag, given) =>
        `${flag} takes a whole number of at least 1, not ${given.split(',').find((part) => !isSize(part))}`,
    )
    .default(DRILL_WINDOW_SIZES)
    .named('sizes')
    .computes('Rows of a window'),
  /** Names of methods, `all` for every one; default: the vote of those that `drift` judges by, as `default`. */
  methods: list().computes(
    'Each by itself, as of drift, or all (default: as drift judges without --methods, by their vote)',
  ),
  /** A window raises an alarm if its p-value, corrected where methods vote, is at most this; default 0.05. */
  alpha: number().default(0.05).computes('A window alarms at p <= alpha, from 0.0001 to 0.5'),
  /** Windows drawn of each size; default 40. */
  repeats: whole(1).default(DRILL_REPEATS).computes('Windows drawn of each size'),
  /** Images used, drawn at random if the file has more; default 1,000. */
  limit: whole(1)
    .default(DRILL_LIMIT)
    .computes(
      'Images used, drawn at random; each is embedded 46 times, 1,000 of 32 × 32 in a minute or two on two cores',
    ),
  /** Seed of the images, the corruptions and the windows; default 0. */
  seed: whole(0).default(0).computes('Of images, corruptions and windows'),
  /** Called after each batch, with the number of images embedded so far and in all. */
  onProgress: anything<(done: number, total: number) => void>(),
};

export const drillFields = { ...imageFields, ...ownDrillFields };

/**
 * Which corruptions a drill applies, how strongly, and in windows of which sizes it looks for them.
 *
 * @example
 * ```ts
 * import type { DrillOptions } from 'image-drift';
 *
 * const options: DrillOptions = {
 *   corruptions: ['blur', 'darken'],
 *   levels: [1, 3, 5],
 *   windowSizes: [100, 500],
 * };
 * ```
 */
export interface DrillOptions extends ImageOptions, OptionsOf<typeof ownDrillFields> {}

/** How long is searched. */
export const searchFields = {
  /** Causes that are embedded for each window at most; default 4. */
  candidates: whole(1).default(EXPLAIN_CANDIDATES).computes('Causes embedded for a window at most'),
  /** Time for all, `5m` or milliseconds, after which nothing is looked at, fitted or embedded; default: no limit. */
  budget: time(['s', 'm', 'h'], '60s, 5m or 1h')
    .computes('Time for all, such as 60s or 5m, after which nothing further is tried')
    .shows('no limit'),
};

const ownExplainFields = {
  /** Upper bound of the AUC below which a cause suffices; at most 0.55, the default. */
  equivalence: number()
    .default(0.55)
    .computes('A cause suffices if the upper bound of the AUC is below this; at most 0.55'),
  /** Labelled images of the baseline that are used, drawn at random if there are more; default 2,500. */
  rows: whole(200).default(EXPLAIN_ROWS).computes('Images of the baseline that are used, drawn at random'),
  /** Images of the baseline that the whole library is applied to; default 200, fewer large ones. */
  looks: whole(1)
    .default(EXPLAIN_LOOKS)
    .computes('Images of the baseline that the whole library is applied to; fewer large ones'),
  /** Methods whose verdict says whether a window has drifted; default: those of `measureWindows`. */
  methods: list().computes('As of drift, and the same default: by their verdict a window is unchanged or not'),
  /** Whether what was found about the baseline is kept in the user's cache folder; default true. */
  keep: toggle()
    .default(true)
    .flag('Keep what is found about the baseline for the next run; --no-keep for nothing on disk'),
  /** Default 0. */
  seed: whole(0).default(0).computes('Of the images that are drawn'),
  /** Which columns of the events are what, where they do not say. */
  columns: windowFields.columns,
  /** What rows hang together by, as for `drift`. */
  group: windowFields.group,
  /** Length of a window in time, as for `measureWindows`; default: a window for each table. */
  window: windowFields.window,
  /** Whether windows that did not drift are left out; default false. */
  onlyDrifted: anything<boolean>(),
  /** Baseline images that are shown with a window's cause, each beside an image of the window; default none. */
  pairs: anything<number>(),
  /** Called with what is done now, and how much of it; the total is null where it is not known before. */
  onStep: anything<(step: ExplainStep, done: number, total: number | null) => void>(),
};

/**
 * `read`: reading the baseline's images; `baseline`: embedding them; `measure`: their statistics; `look`: the library,
 * by image statistics; `fit`: strengths and shares of the causes that come nearest to a window; `remake`: embedding a
 * cause; `compare`: whether rows can be told from a window.
 */
export type ExplainStep = 'read' | 'baseline' | 'measure' | 'look' | 'fit' | 'remake' | 'compare';

export const explainFields = { ...imageFields, ...searchFields, ...ownExplainFields };

/**
 * How far the search for a cause goes, and how images and events are read.
 *
 * @example
 * ```ts
 * import type { ExplainOptions } from 'image-drift/pipeline';
 *
 * const options: ExplainOptions = { candidates: 2, rows: 1000, budget: 60_000 };
 * ```
 */
export interface ExplainOptions
  extends ImageOptions,
    OptionsOf<typeof searchFields>,
    OptionsOf<typeof ownExplainFields> {}
