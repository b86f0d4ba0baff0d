import { UNNAMED } from '../drift/index.js';
import { causeParts, tellingCauses } from './causes.js';
import { keepTogether, plural, shorten } from './format.js';
import { together } from './numbers/index.js';
import { rankedWindows } from './ranked-windows.js';
import type { ReportData, ReportedWindow } from './report-data.js';

const WINDOWS_NAMED = 3;
const CAUSES_NAMED = 2;
/** Longer names would push the rest of the answer off the first screen. */
const NAME_LENGTH = 48;

interface Headline {
  /** `2 of 3 windows drifted` */
  answer: string;
  /** `week_2 (blurred), week_3 (darker)`; null if there is nothing more to say. */
  details: string | null;
}

export type HeadlineData = Pick<ReportData, 'drift' | 'windows' | 'baselineAccuracy' | 'alpha' | 'adjust'>;

/** A window, and the causes that were made again and suffice. */
interface Told extends ReportedWindow {
  remade: readonly string[];
}

/**
 * Measured accuracy comes first: it says what is wrong, drift what may be. Windows are named worst first, as their
 * cards are. Of many windows some drift by chance, so what they say together comes first.
 */
export function headline(data: HeadlineData): Headline {
  const windows = rankedWindows(data).map(({ window, details }): Told => {
    const { explained } = details;
    return { ...window, remade: explained?.verdict === 'explained' ? explained.causes.map(({ name }) => name) : [] };
  });
  const all = together(data.drift.windows, data);
  const ofDrift = driftHeadline(windows);
  const fallen = windows.filter(({ accuracy_test: test }) => test?.verdict === 'lower');
  const fell = fallen.length === 0 ? null : fallenWords(fallen, windows.length);
  if (all !== null) {
    // Those that fell are named once: most of them drifted, and their cards have the causes.
    const details =
      fell === null ? [ofDrift.details] : [`${fell}: ${fallenNames(fallen)}`, asides(windows).join('; ') || null];
    const sentences = [all.trend, ...details].filter((text) => text !== null);
    return { answer: all.answer, details: keepTogether(sentences.join('. ')) };
  }
  if (fell === null) return ofDrift;
  const drifted = ofDrift.details === null ? ofDrift.answer : `${ofDrift.answer}: ${ofDrift.details}`;
  return { answer: fell, details: `${fallenNames(fallen)}. ${drifted}` };
}

function fallenWords(fallen: readonly ReportedWindow[], all: number): string {
  return all === 1 ? 'Accuracy fell' : `Accuracy fell in ${fallen.length} of ${plural(all, 'window')}`;
}

function driftHeadline(windows: readonly Told[]): Headline {
  const drifted = windows.filter(({ verdict }) => verdict === 'drift');
  const few = windows.filter(({ verdict }) => verdict === 'too few rows');
  const open = windows.filter(({ verdict }) => verdict === null);
  if (windows.length === 0) return { answer: 'No windows were compared', details: null };
  if (open.length === windows.length) {
    return { answer: `${plural(windows.length, 'window')} measured, without a verdict`, details: null };
  }
  const others = asides(windows);
  if (drifted.length > 0) {
    return { answer: driftAnswer(drifted.length, windows.length), details: [named(drifted), ...others].join('; ') };
  }
  if (few.length === windows.length) {
    return { answer: 'Too few rows to tell', details: windows.length === 1 ? null : others.join('; ') };
  }
  if (few.length + open.length === windows.length) return { answer: 'No verdict of drift', details: others.join('; ') };
  return { answer: steadyAnswer(windows), details: others.length > 0 ? others.join('; ') : null };
}

function asides(windows: readonly ReportedWindow[]): string[] {
  const few = windows.filter(({ verdict }) => verdict === 'too few rows').length;
  const open = windows.filter(({ verdict }) => verdict === null).length;
  return [
    few > 0 ? `${plural(few, 'window')} with too few rows to tell` : null,
    open > 0 ? `${plural(open, 'window')} without a verdict` : null,
  ].filter((text) => text !== null);
}

export function headlineText(data: HeadlineData): string {
  const { answer, details } = headline(data);
  return details === null ? answer : `${answer}: ${details}`;
}

/** `week_2 (83.3 → 77.2 %)` */
function fallenNames(fallen: readonly ReportedWindow[]): string {
  const shown = firstOf(fallen).map(({ name, accuracy, accuracy_test: test }) => {
    const [before, now] = [test?.baseline, accuracy].map((share) => (100 * (share ?? 0)).toFixed(1));
    return keepTogether(`${shorten(name, NAME_LENGTH)} (${before} → ${now} %)`);
  });
  return listed(shown, fallen.length);
}

function driftAnswer(drifted: number, all: number): string {
  if (all === 1) return 'Drift';
  return drifted === all ? `All ${plural(all, 'window')} drifted` : `${drifted} of ${plural(all, 'window')} drifted`;
}

function steadyAnswer(windows: readonly ReportedWindow[]): string {
  return windows.length === 1 ? 'No drift' : `None of ${plural(windows.length, 'window')} drifted`;
}

function named(drifted: readonly Told[]): string {
  const names = firstOf(drifted).map(({ name, causes, remade }) => {
    const reasons = remade.length > 0 ? remade : tellingCauses(causes).slice(0, CAUSES_NAMED).map(reasonOf);
    return shorten(name, NAME_LENGTH) + (reasons.length > 0 ? ` (${reasons.join(', ')})` : '');
  });
  return listed(names, drifted.length);
}

function reasonOf(cause: string): string {
  const { name } = causeParts(cause);
  return name === UNNAMED ? 'a change without a name' : shorten(name, NAME_LENGTH);
}

/** The windows that are named. A single one above the limit is named too, not counted as "1 more". */
function firstOf<T>(windows: readonly T[]): readonly T[] {
  return windows.length <= WINDOWS_NAMED + 1 ? windows : windows.slice(0, WINDOWS_NAMED);
}

function listed(names: readonly string[], all: number): string {
  const more = all - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
