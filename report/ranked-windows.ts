import { isHurt, type SegmentReport, SMALL_BASELINE, UNNAMED } from '../drift/index.js';
import { causeParts, isOfClasses, pictureCauses } from './causes.js';
import { formatPercent, plural, sentence, shorten } from './format.js';
import { countedLabels, ENOUGH_LABELS, fallOf, HARMS, type Harm, harmOf, hasLabels, type Judged } from './harm.js';
import { areMostlyCopies, guessesBeyond, rowsLikeThese } from './numbers/index.js';
import type { ReportData, ReportedWindow, ReportWindow } from './report-data.js';

/**
 * One next step for a window, and the reason: a rule of thumb, not a statistic. A cause in the pictures comes before
 * the model: an older model sees the same dark pictures. Where no picture explains a fall, the model or the labels do.
 * Where neither accuracy nor a cause is known, labels come next.
 */
interface NextStep {
  /** `Look at the camera` */
  step: string;
  reason: string;
  /** False where the window can be left alone. */
  isUrgent: boolean;
}

function urgent(step: string, reason: string): NextStep {
  return { step, reason, isUrgent: true };
}

function calm(step: string, reason: string): NextStep {
  return { step, reason, isUrgent: false };
}

const NAME_LENGTH = 40;

export function nextStep(judged: Judged): NextStep {
  const { verdict } = judged.window;
  const fell = judged.window.accuracy_test?.verdict === 'lower';
  if (verdict === 'drift') return afterDrift(judged, fell);
  if (fell) return fellAlone(judged);
  const segment = judged.window.segments?.find(isHurt);
  if (segment) return lookAtSegment(segment);
  if (verdict === 'too few rows') return judged.areCopies ? lookForCopies(judged) : wait(judged);
  if (verdict === null) return calm('Make a larger baseline', 'There is a distance, but no verdict.');
  if (harmOf(judged) === 'severe')
    return label(
      'By the confidence of its predictions, the model is worse, though the images changed no more than by chance.',
    );
  return leave(judged, 'The images changed no more than by chance');
}

/** A measured fall below this, as a share, asks for no step. */
const ADVISED_FALL = 0.02;

/** Images as before: then the model is another one, or the labels mean something else. */
function fellAlone(judged: Judged): NextStep {
  const guessed = guessing(judged);
  if (guessed === null) return rollBack(judged, 'the images did not change');
  return urgent(
    'Look at the labels',
    `Accuracy is ${formatPercent(judged.window.accuracy ?? 0)}, and guessing would give ${formatPercent(guessed)}: are the classes in another order, or the labels off by one?`,
  );
}

/** The accuracy of guessing, where labels say that the model does worse; otherwise null. */
function guessing({ window, details }: Judged): number | null {
  const { accuracy } = window;
  if (accuracy === null || details.predicted === null || !hasLabels({ window, details })) return null;
  return guessesBeyond(accuracy, countedLabels({ window, details }), details.predicted.length);
}

/** Whether statistics of the pictures changed, though no cause has a name. */
function hasChangedPictures({ window }: Judged): boolean {
  return pictureCauses(window.causes).some((cause) => cause.startsWith(UNNAMED));
}

function afterDrift(judged: Judged, fell: boolean): NextStep {
  const cause = namedCause(judged);
  const harm = harmOf(judged);
  if (cause !== null && harm !== 'none') {
    return urgent('Look at the camera', `${cause.certainty}: ${cause.words}. ${effectOf(judged, fell)}`);
  }
  if (fell && hasChangedPictures(judged)) {
    const reason = `The pictures changed in a way that has no name here. ${effectOf(judged, fell)}`;
    return urgent('Look at the camera', reason);
  }
  const classes = judged.window.causes?.find(isOfClasses);
  if (classes !== undefined && harm !== 'none') return lookAtClasses(judged, classes, fell);
  if (fell) return rollBack(judged, 'no cause was found in the images');
  if (harm === 'none')
    return leave(judged, cause === null ? 'The images changed' : `The images changed (${cause.words})`);
  return label('The images changed, and no cause has a name.');
}

/** Images of a class that comes more often are as before: look at the mix, and whether accuracy holds on it. */
function lookAtClasses(judged: Judged, cause: string, fell: boolean): NextStep {
  const found = `${sentence(cause)}. Nothing else about the images changed.`;
  if (!fell) return label(found);
  return urgent('Look at the classes', `${found} ${effectOf(judged, fell)}`);
}

function effectOf(judged: Judged, fell: boolean): string {
  if (fell) return `Accuracy fell by ${wordsOfFall(judged)}.`;
  const readOff = judged.details.explained?.accuracy ?? null;
  if (readOff === null) {
    const asked = harmOf(judged) === 'severe' ? 'how far' : 'whether';
    return `It takes ${ENOUGH_LABELS} labels to tell ${asked} accuracy fell.`;
  }
  return `With it, accuracy on the baseline is about ${formatPercent(readOff.value, 0)}.`;
}

interface NamedCause {
  certainty: 'Cause' | 'Likely cause';
  words: string;
}

/** A cause made again comes before one that the statistics suggest; null where none in the pictures has a name. */
function namedCause(judged: Judged): NamedCause | null {
  const remade = remadeCause(judged);
  if (remade !== null) return { certainty: 'Cause', words: remade };
  const likely = likelyCause(judged);
  return likely === null ? null : { certainty: 'Likely cause', words: likely };
}

/** `darker (brightness (factor), factor 0.389)`; null where nothing that changes images suffices. */
function remadeCause({ details: { explained } }: Judged): string | null {
  if (explained?.verdict !== 'explained' || !explained.causes.some(({ isOfImages }) => isOfImages)) return null;
  return explained.causes.map(({ name, making }) => `${name} (${making})`).join(' and ');
}

/** `darker: mean brightness 0.22 → 0.08` */
function likelyCause({ window }: Judged): string | null {
  const named = pictureCauses(window.causes).find((cause) => !cause.startsWith(UNNAMED));
  if (named === undefined) return null;
  const { name, numbers } = causeParts(named);
  return `${shorten(name, NAME_LENGTH)}${shorten(numbers.replace(/^: /, ' (').replace(/$/, numbers === '' ? '' : ')'), 2 * NAME_LENGTH)}`;
}

function wordsOfFall({ window }: Judged): string {
  return `${(100 * fallOf(window)).toFixed(1)} points`;
}

function label(found: string): NextStep {
  const reason = `${found} ${ENOUGH_LABELS} labels of images drawn at random tell the accuracy to within 10 points.`;
  return urgent(`Label ${ENOUGH_LABELS} images`, reason);
}

/** Less than a stated fall is no reason to act. */
function rollBack(judged: Judged, found: string): NextStep {
  const fell = `Accuracy fell by ${wordsOfFall(judged)}, and ${found}.`;
  if (fallOf(judged.window) < ADVISED_FALL) {
    const reason = `${fell} That is less than ${100 * ADVISED_FALL} points.`;
    return calm('Nothing to do', reason);
  }
  return urgent('Consider rolling back', `${fell} If the model is new, the one before it may be better.`);
}

function leave(judged: Judged, found: string): NextStep {
  const { accuracy } = judged.window;
  const held = hasLabels(judged) && accuracy !== null ? `, and accuracy held at ${formatPercent(accuracy)}` : '';
  return calm('Nothing to do', `${found}${held}.`);
}

function lookAtSegment({ by, value, accuracy, accuracy_test: test }: SegmentReport): NextStep {
  const name = shorten(`${by} ${value}`, NAME_LENGTH);
  const fell = test?.verdict === 'lower' && accuracy !== null;
  const found = fell
    ? `its accuracy is ${formatPercent(accuracy)}, baseline ${formatPercent(test.baseline)}`
    : 'its images drifted';
  return urgent(`Look at ${name}`, `All images together show no drift, but of ${name} ${found}.`);
}

function lookForCopies({ window }: Judged): NextStep {
  return urgent(
    'Look at the camera',
    `Of the ${plural(window.rows, 'image')} many are copies of few: a camera that stands still or shows black, or a file that comes many times.`,
  );
}

function wait({ window, details }: Judged): NextStep {
  const { rowsNeeded: needed, effectiveRows, effectiveBy } = details;
  const small = window.notes?.find((note) => note.startsWith(SMALL_BASELINE));
  if (small !== undefined) return calm('Make a larger baseline', `${sentence(small)}.`);
  if (needed === null) return calm('Make a larger baseline', 'The baseline is too small to compare with.');
  const enough =
    effectiveBy === null
      ? plural(needed, 'image')
      : `${rowsLikeThese(needed, window.rows, effectiveRows ?? window.rows)} images`;
  return calm(
    'Wait for more images',
    `${plural(window.rows, 'image')} are too few to tell; ${enough} would be enough.`,
  );
}

export interface RankedWindow extends Judged {
  index: number;
  harm: Harm;
  next: NextStep;
}

/** Worst first: by harm, then fall of accuracy, then the latest. Those that ask for nothing come last, in order. */
export function rankedWindows({
  drift,
  windows,
  baselineAccuracy,
}: Pick<ReportData, 'drift' | 'baselineAccuracy'> & { windows: readonly Judged['details'][] }): RankedWindow[] {
  const all = drift.windows.map((window, index): RankedWindow => {
    const details = windows[index]!;
    const areCopies = isOfCopies(window, details, drift.baseline);
    const judged = { window, details, baseline: baselineAccuracy, areCopies };
    return { ...judged, index, harm: harmOf(judged), next: nextStep(judged) };
  });
  return all.sort(byRank);
}

function byRank(a: RankedWindow, b: RankedWindow): number {
  const latest = a.next.isUrgent && b.next.isUrgent ? b.index - a.index : a.index - b.index;
  return rank(a) - rank(b) || fallOf(b.window) - fallOf(a.window) || latest;
}

function rank({ harm, window, next }: RankedWindow): number {
  return 2 * HARMS.indexOf(harm) + (window.verdict === 'drift' ? 0 : 1) + (next.isUrgent ? 0 : 2 * HARMS.length);
}

/** Whether the images are copies of few, which the baseline's are not. */
export function isOfCopies(
  { rows }: Pick<ReportedWindow, 'rows'>,
  { effectiveRows, effectiveBy }: Pick<ReportWindow, 'effectiveRows' | 'effectiveBy'>,
  baseline: ReportData['drift']['baseline'],
): boolean {
  const worth = { rows, effectiveRows: effectiveRows ?? rows, effectiveBy };
  return areMostlyCopies(worth, { rows: baseline.rows, effectiveRows: baseline.effective_rows });
}
