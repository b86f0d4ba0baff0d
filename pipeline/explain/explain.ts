/** "What happened?" Applies causes to the baseline's own images until the result cannot be told from a window. */

import { checkedOptions, type Settled, settle } from '../../base/index.js';
import { EQUIVALENCE, type Profile } from '../../drift/index.js';
import type { Embedder } from '../../engine/index.js';
import { checkEmbedder } from '../embed/index.js';
import { type Measurement, measureWindows } from '../measure/index.js';
import { type ExplainOptions, explainFields } from '../options/index.js';
import { knowBaseline } from './baseline.js';
import { baselineImages } from './baseline-images.js';
import { Budget } from './budget.js';
import { ExplainError } from './explain-error.js';
import { explainWindow } from './explain-window.js';
import type { ExplainedWindow, Explanation } from './explanation.js';
import { Kept } from './kept.js';
import { LookThreads } from './look-threads.js';
import { askedWindows, asSkipped, checkStatistics, refuseNone, windowRows } from './window-rows.js';

/**
 * Finds the cause of drift by making it again: applies a library of causes to labelled images of the baseline, and
 * asks whether the result can be told from a window. If it cannot, the cause suffices, and the accuracy of the window
 * is read off the baseline's labels. Windows need no labels. Causes outside of the library are not found, and labels
 * that changed their meaning are not seen.
 *
 * @param embedder the model that the profile was made with
 * @param images labelled images of the baseline: an array or files, as `embedImages` takes them
 * @param profile the baseline
 * @param paths event tables, each a window or with `window` together many, embedded with statistics of the images
 * @param options how many causes are tried, and how images are read
 * @returns a verdict for each window, its causes, and its accuracy where a cause suffices
 * @throws ExplainError `EXPLAIN_BUDGET` if the time is up before any window is explained, `EXPLAIN_NO_LABELS`,
 *   `EXPLAIN_TOO_FEW_IMAGES`, `EXPLAIN_TOO_FEW_ROWS`, `EXPLAIN_NO_STATISTICS`, `EXPLAIN_OTHER_IMAGES`,
 *   `EXPLAIN_MODEL`, `EXPLAIN_SIZES`, `EXPLAIN_OPTION`
 * @throws DataError, DriftError, EngineError, FileError
 *
 * @example
 * ```ts
 * import { Embedder, readProfile, weightsFolder } from 'image-drift';
 * import { explainWindows } from 'image-drift/pipeline';
 *
 * const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'));
 * const profile = await readProfile('profile.json');
 * const { windows } = await explainWindows(embedder, 'week_1.npz', profile, ['week_1.parquet'], { candidates: 1 });
 * for (const { name, verdict, causes, accuracy } of windows) console.log(name, verdict, causes[0]?.family, accuracy?.value);
 * await embedder.close();
 * ```
 */
export async function explainWindows(
  embedder: Embedder,
  images: string | readonly string[],
  profile: Profile,
  paths: readonly string[],
  options: ExplainOptions = {},
): Promise<Explanation> {
  options = checkedOptions('explainWindows', options, explainFields);
  checkEmbedder('explainWindows', embedder);
  const { methods, columns, group, window, signal } = options;
  const measurement = await measureWindows(profile, paths, { methods, columns, group, window, signal });
  return explainMeasurement(embedder, images, profile, measurement, options);
}

/**
 * As `explainWindows`, of windows that were measured already: their verdicts are those of the measurement.
 *
 * @param measurement from `measureWindows`, by this profile
 * @param options `columns`, `group` and `window` as they were given to `measureWindows`
 * @throws what `explainWindows` throws
 *
 * @example
 * ```ts
 * import { Embedder, measureWindows, readProfile, weightsFolder } from 'image-drift';
 * import { explainMeasurement } from 'image-drift/pipeline';
 *
 * const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'));
 * const profile = await readProfile('profile.json');
 * const measurement = await measureWindows(profile, ['week_1.parquet'], { methods: ['js'] });
 * const { windows } = await explainMeasurement(embedder, 'week_1.npz', profile, measurement, { onlyDrifted: true });
 * console.log(windows.length);
 * await embedder.close();
 * ```
 */
export async function explainMeasurement(
  embedder: Embedder,
  images: string | readonly string[],
  profile: Profile,
  measurement: Pick<Measurement, 'report' | 'files'>,
  options: ExplainOptions = {},
): Promise<Explanation> {
  const settled = settle('explainMeasurement', options, explainFields);
  checkEmbedder('explainMeasurement', embedder);
  const { rows, looks, seed, keep, columns = {}, group } = settled;
  const search = checkedSearch(settled);
  const budget = new Budget(search.budget, options.signal);
  checkStatistics(measurement.files);
  const { enough, few } = askedWindows(measurement, options);
  const sampling = { ...options, limit: rows, seed, signal: budget.signal() };
  const found = await baselineImages(embedder, [images].flat(), sampling, (read) =>
    options.onStep?.('read', read, null),
  );
  const threads = new LookThreads(() => budget.check());
  try {
    const onStep: typeof options.onStep = (...step) => {
      options.onStep?.(...step);
      budget.check();
    };
    const baseline = await knowBaseline(embedder, found, profile, { kept: new Kept(keep), threads, looks, onStep });
    const windows: ExplainedWindow[] = [];
    for (const { place, report } of enough) {
      try {
        const window = await windowRows(profile, place, { columns, group });
        windows.push(await explainWindow(baseline, place.name, window, report.verdict ?? 'too few rows', search));
      } catch (error) {
        few.push(asSkipped(error, place.name));
      }
    }
    refuseNone(windows, few);
    const { correct } = baseline.clean;
    return {
      baseline: { rows: correct.length, accuracy: correct.filter(Boolean).length / correct.length },
      windows,
      skipped: few.map(({ name, error }) => ({ name, reason: error.message })),
    };
  } finally {
    await threads.close();
    await found.images.close();
  }
}

function checkedSearch(options: Settled<typeof explainFields>) {
  const { candidates, budget = Number.POSITIVE_INFINITY, equivalence, pairs = 0 } = options;
  const refusal = (message: string, hint?: string) => new ExplainError('EXPLAIN_OPTION', message, { hint });
  if (!(Number.isSafeInteger(pairs) && pairs >= 0)) {
    throw refusal(`${pairs} pairs of images: whole numbers from 0 are possible`);
  }
  if (!(equivalence > 0.5 && equivalence <= EQUIVALENCE)) {
    throw refusal(
      `an AUC of ${equivalence} as equivalence: above 0.5, at most ${EQUIVALENCE} is possible`,
      'With a larger one, causes were taken for sufficient with which the accuracy is 8 points off.',
    );
  }
  return { candidates, budget, equivalence, pairs };
}
