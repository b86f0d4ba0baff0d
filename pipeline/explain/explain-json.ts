/**
 * The object that `explain --json` prints. It is a contract: names are as printed, lists keep their order, unknown values are
 * null, never absent. Shares and accuracies go from 0 to 1.
 */
import type { ExplainCandidate, ExplainedCause, ExplainedWindow, Explanation } from './explanation.js';

export function explainJson({ baseline, windows, skipped }: Explanation) {
  return { baseline, windows: windows.map(windowJson), skipped };
}

function windowJson(window: ExplainedWindow) {
  const { name, rows, drift, verdict, causes, auc, clean, accuracy, classes, candidates, measured, warnings } = window;
  return {
    name,
    verdict,
    causes: causes.map(causeJson),
    auc,
    accuracy,
    candidates: candidates.map(candidateJson),
    rows,
    drift,
    clean_auc: clean,
    measured_accuracy: measured,
    classes,
    warnings,
  };
}

function causeJson({ family, strength, share, make, unit }: ExplainedCause) {
  return { family, strength, share, make, unit, tested: true };
}

/** The families of two causes that come together are joined by ` + `, and each strength is in `causes` alone. */
function candidateJson({ causes, auc, upper, suffices, accuracy, remade }: ExplainCandidate) {
  const [first, ...others] = causes as [ExplainedCause, ...ExplainedCause[]];
  return {
    family: causes.map(({ family }) => family).join(' + '),
    strength: others.length === 0 ? first.strength : null,
    share: first.share,
    auc,
    suffices,
    accuracy,
    upper,
    remade,
    causes: causes.map(causeJson),
  };
}
