/** What was found, as the report shows it. */
import type { RemadeCause } from '../../report/index.js';
import type { ExplainedForReport, ReportExplanation } from '../report/index.js';
import { causeMaking, causeName } from './cause-words.js';
import type { ExplainedCause, ExplainedWindow, Explanation } from './explanation.js';

/**
 * For `ReportOptions.explanation`.
 *
 * @example
 * ```ts
 * import { Embedder, measureWindows, readProfile, weightsFolder, writeReport } from 'image-drift';
 * import { explainMeasurement, reportExplanation } from 'image-drift/pipeline';
 *
 * const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'));
 * const profile = await readProfile('profile.json');
 * const measurement = await measureWindows(profile, ['week_1.parquet'], { exemplars: 5 });
 * const found = await explainMeasurement(embedder, 'week_1.npz', profile, measurement, { pairs: 6 });
 * await writeReport('drift.html', profile, measurement, { explanation: reportExplanation(found), umap: false });
 * await embedder.close();
 * ```
 */
export function reportExplanation({ baseline, windows, skipped }: Explanation): ReportExplanation {
  return { windows: windows.map((window) => forReport(window, baseline)), skipped };
}

function forReport(window: ExplainedWindow, baseline: Explanation['baseline']): ExplainedForReport {
  const { name, verdict, causes, auc, clean: cleanAuc, accuracy, classes, candidates, warnings, pairs } = window;
  return {
    name,
    explained: {
      ...{ verdict, causes: causes.map(shownCause), auc, cleanAuc, accuracy, baseline, classes, warnings },
      tried: candidates.map((one) => ({
        causes: one.causes.map(shownCause),
        auc: one.auc,
        suffices: one.suffices,
        accuracy: one.accuracy,
      })),
    },
    pairs,
  };
}

function shownCause(cause: ExplainedCause): RemadeCause {
  const { share, family } = cause;
  return { name: causeName(cause), making: causeMaking(cause), share, isOfImages: family !== 'class_mix' };
}
