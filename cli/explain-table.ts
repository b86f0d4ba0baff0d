import type { ReadOff } from '../drift/index.js';
import {
  type ClassAccuracy,
  causeMaking,
  type ExplainCandidate,
  type ExplainedCause,
  type ExplainedWindow,
  type Explanation,
} from '../pipeline/explain/index.js';
import { percent } from '../report/numbers/index.js';

export function explainTable({ baseline, windows, skipped }: Explanation): string {
  const rows = baseline.rows.toLocaleString('en');
  const head = `Baseline: ${rows} labelled images, ${percent(baseline.accuracy)} of them predicted.`;
  const others = skipped.map(({ name, reason }) => `${name}: not looked at\n  ${reason}`);
  return [head, ...windows.map(windowText), ...others].join('\n\n');
}

export function remadeCauses({ windows }: Explanation): Map<string, string> {
  const explained = windows.filter(({ verdict }) => verdict === 'explained');
  return new Map(explained.map(({ name, causes }) => [name, causes.map(causeWords).join(', and ')]));
}

function windowText(window: ExplainedWindow): string {
  const { name, verdict, causes, warnings } = window;
  const found = causes.length === 0 ? '' : `: ${causes.map(causeWords).join(', and ')}`;
  const lines = [`${name}: ${verdict}${found}`, ...body(window), ...warnings.map((warning) => `Note: ${warning}.`)];
  return lines.map((line, i) => (i === 0 ? line : `  ${line}`)).join('\n');
}

function body({ verdict, drift, auc, clean, accuracy, measured, candidates, classes }: ExplainedWindow): string[] {
  const truth = measured === null ? '' : `; its labels say ${percent(measured)}`;
  const readOff = accuracy === null ? [] : [`accuracy, read off: ${range(accuracy)}${truth}`];
  if (verdict === 'unchanged') return [`the drift test says: ${drift} (AUC ${auc.toFixed(3)})`, ...readOff];
  const told = `told from the baseline with it: AUC ${auc.toFixed(3)}, without: ${clean.toFixed(3)}`;
  if (verdict !== 'explained') {
    const claims = 'no accuracy is claimed: nothing that was tried suffices';
    return [
      verdict === 'partly' ? told : `told from the baseline: AUC ${clean.toFixed(3)}`,
      claims,
      ...tried(candidates),
    ];
  }
  return [...readOff, ...classShares(classes ?? []), told, ...tried(candidates.slice(1))];
}

/** Classes whose shares changed most, where that is the cause. */
const SHOWN_CLASSES = 3;

function classShares(classes: readonly ClassAccuracy[]): string[] {
  const known = classes.flatMap((one) => (one.share === null ? [] : [{ ...one, share: one.share }]));
  if (known.length === 0) return [];
  const rows = known.reduce((sum, one) => sum + one.rows, 0);
  const moved = known.map(({ name, rows: own, share }) => ({ name, share, before: own / rows }));
  moved.sort((a, b) => Math.abs(b.share - b.before) - Math.abs(a.share - a.before));
  const words = moved
    .slice(0, SHOWN_CLASSES)
    .map(({ name, share, before }) => `${name} ${percent(share)} (baseline ${percent(before)})`);
  return [`shares that changed most: ${words.join(', ')}`];
}

function tried(candidates: readonly ExplainCandidate[]): string[] {
  return candidates.map(({ causes, auc, suffices, accuracy }) => {
    const says = suffices ? `suffices as well: ${range(accuracy)}` : 'does not suffice';
    return `tried: ${causes.map(causeWords).join(', and ')}: AUC ${auc.toFixed(3)}, ${says}`;
  });
}

function causeWords(cause: ExplainedCause): string {
  return `${causeMaking(cause)}${cause.share < 1 ? ` in ${percent(cause.share)} of the images` : ''}`;
}

function range({ value, low, high }: ReadOff): string {
  return `${percent(value)} (${percent(low)} to ${percent(high)})`;
}
