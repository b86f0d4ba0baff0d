import { type CauseSetting, causeMake } from '../../data/index.js';
import {
  type ClassMix,
  canSuffice,
  fitClassMix,
  isRightMoreOftenThanSure,
  type JudgedRows,
  type Matrix64,
  mixRows,
  project,
  type ReadOff,
  type Remade,
  rangeOf,
  readOff,
  remadeAccuracy,
  rowsOf,
  sharedRows,
  tellApart,
  type Verdict,
} from '../../drift/index.js';
import type { ImagePair } from '../report/index.js';
import type { KnownBaseline } from './baseline.js';
import { isBudgetUp } from './budget.js';
import type { ClassAccuracy, ExplainCandidate, ExplainedCause, ExplainedWindow } from './explanation.js';
import { imagePairs } from './image-pairs.js';
import { chosen, propose } from './propose.js';
import { type Proposal, settled } from './refine.js';
import type { WindowRows } from './window-rows.js';

interface SearchOptions {
  candidates: number;
  /** Limit of the AUC's upper bound. */
  equivalence: number;
  pairs: number;
}

/** A candidate, with what its accuracies are read off. */
interface Tried {
  candidate: ExplainCandidate;
  classes: ClassAccuracy[];
  /** Null where no image was changed. */
  made: { causes: readonly CauseSetting[]; rows: JudgedRows } | null;
}

/** Largest part of the distance of the image statistics that a cause which suffices may leave. */
const MOST_LEFT = 0.5;
/** Others that leave nearly as little as the first one that suffices are tried as well: they may be the cause, too. */
const TWIN = 2;
const SEED = 0;

export async function explainWindow(
  baseline: KnownBaseline,
  name: string,
  window: WindowRows,
  drift: Verdict,
  options: SearchOptions,
): Promise<ExplainedWindow> {
  const search = new WindowSearch(baseline, window, options);
  const clean = search.tell(baseline.clean.coordinates);
  const measured = window.labelled === 0 ? null : window.correct / window.labelled;
  const shared = { name, rows: window.rows, drift, clean: clean.auc, measured };
  if (drift !== 'drift') {
    const accuracy = clean.suffices ? search.accuracyOf(search.remadeOf(baseline.clean, 1), clean.auc) : null;
    const classes = clean.suffices ? search.classesOf(baseline.clean, 1) : null;
    const warnings = search.warnings(baseline.clean.coordinates, accuracy, measured);
    return {
      ...{ ...shared, verdict: 'unchanged', causes: [], auc: clean.auc, accuracy, classes },
      ...{ candidates: [], warnings, pairs: [] },
    };
  }
  const tried = await search.tryAll();
  const enough = tried.filter(({ candidate }) => candidate.suffices);
  const nearest = tried.toSorted((a, b) => a.candidate.auc - b.candidate.auc)[0];
  const best = enough[0] ?? nearest;
  const halves = best !== undefined && best.candidate.auc - 0.5 <= (clean.auc - 0.5) / 2;
  const verdict = enough.length > 0 ? 'explained' : halves ? 'partly' : 'unexplained';
  const accuracy = enough.length === 0 ? null : rangeOf(enough.map(({ candidate }) => candidate.accuracy));
  return {
    ...shared,
    verdict,
    causes: verdict === 'unexplained' ? [] : best!.candidate.causes,
    auc: verdict === 'unexplained' ? clean.auc : best!.candidate.auc,
    accuracy,
    classes: enough[0]?.classes ?? null,
    candidates: tried.map(({ candidate }) => candidate),
    warnings: search.warnings(search.lastCoordinates, accuracy, measured),
    pairs: verdict === 'unexplained' ? [] : await search.pairs(best!),
  };
}

class WindowSearch {
  readonly #coordinates: Matrix64;
  /** Those of the candidate with the least AUC. */
  lastCoordinates: Matrix64;
  /** Causes that were not tried, as the time was up. */
  #left = 0;
  #least = Number.POSITIVE_INFINITY;
  #compared = 0;

  constructor(
    readonly baseline: KnownBaseline,
    readonly window: WindowRows,
    readonly options: SearchOptions,
  ) {
    this.#coordinates = project(baseline.projection, window.embeddings);
    this.lastCoordinates = baseline.clean.coordinates;
  }

  tell(rows: Matrix64) {
    const { equivalence: limit, candidates } = this.options;
    this.baseline.onStep('compare', ++this.#compared, null);
    const options = { limit, seed: SEED, tests: candidates + 1 };
    return tellApart(rows, this.#coordinates, this.baseline.projection.variances, options);
  }

  /** In the order of their promise: first those that suffice. */
  async tryAll(): Promise<Tried[]> {
    const { library, looks, features, images } = this.baseline;
    const { table } = this.window;
    const apart = features.of(table).map((value, i) => value - looks[i]!);
    // Images with noise, for instance, vary far more than those of the baseline.
    const chance = features.varianceOf(table) / table.rows + features.variance / images.images.length;
    const proposals = chosen(await propose(this.baseline, library, apart, chance), this.options.candidates);
    const rows = features.rowsOf(table);
    const distance = apart.reduce((sum, value) => sum + value ** 2, 0);
    const tried: Tried[] = [];
    let enough: Proposal | null = null;
    for (const [at, proposal] of proposals.entries()) {
      if (enough !== null && proposal.left > TWIN * (enough.left + chance)) break;
      const one = await this.#inTime(tried.length > 0, proposals.length - at, async () => {
        return this.#tryOne(await settled(this.baseline, proposal, apart, rows), distance);
      });
      if (one === null) break;
      tried.push(one);
      if (one.candidate.suffices) enough ??= proposal;
    }
    const mix = await this.#inTime(tried.length > 0, 1, () => this.#tryClassMix());
    if (mix === null) return tried;
    // Other shares of the classes explain what no change of images does.
    return enough === null && mix.candidate.suffices ? [mix, ...tried] : [...tried, mix];
  }

  /** @param distance of the window's image statistics from the baseline's, squared */
  async #tryOne({ causes, share, left }: Proposal, distance: number): Promise<Tried> {
    const remade = await this.baseline.remade(causes);
    const rows = mixRows(this.baseline.clean.coordinates, remade.coordinates, share, SEED);
    const { auc, upper, suffices: cannotBeTold } = this.tell(rows);
    this.#note(rows, auc);
    // What the network hardly sees, any small cause seems to explain: the images have to say the same.
    const suffices = cannotBeTold && left <= MOST_LEFT * distance;
    const candidate = {
      ...{ causes: causes.map((cause) => explained(cause, share)), auc, upper, suffices },
      ...this.#accuracies(this.remadeOf(remade, share), auc),
    };
    return { candidate, classes: this.classesOf(remade, share), made: { causes, rows: remade } };
  }

  /** Null where no time is left, and others were tried. @param left causes that are then not tried */
  async #inTime(areOthers: boolean, left: number, attempt: () => Tried | Promise<Tried>): Promise<Tried | null> {
    try {
      return await attempt();
    } catch (error) {
      if (!areOthers || !isBudgetUp(error)) throw error;
      this.#left += left;
      return null;
    }
  }

  #tryClassMix(): Tried {
    const { clean, images, projection } = this.baseline;
    const mix = fitClassMix(clean.coordinates, images.targets, this.#coordinates, projection.variances, SEED);
    const rows = rowsOf(clean.coordinates, [...mix.rows]);
    const { auc, upper, suffices } = this.tell(rows);
    this.#note(rows, auc);
    const remade = { weights: mixWeights(mix, images.targets), states: [{ share: 1, rows: clean }] };
    const unit = 'share of the images whose class would have to be another';
    const cause: ExplainedCause = { family: 'class_mix', make: null, strength: mix.strength, unit, share: 1 };
    const candidate = { causes: [cause], auc, upper, suffices, ...this.#accuracies(remade, auc) };
    const shares = new Map(mix.shares.map(({ name, share }) => [name, share]));
    const classes = this.classesOf(clean, 1).map((one) => ({ ...one, share: shares.get(one.name)! }));
    return { candidate, classes, made: null };
  }

  #note(rows: Matrix64, auc: number): void {
    if (auc >= this.#least) return;
    this.#least = auc;
    this.lastCoordinates = rows;
  }

  async pairs({ made }: Tried): Promise<ImagePair[]> {
    if (made === null || this.options.pairs === 0) return [];
    const window = { coordinates: this.#coordinates, rowNumbers: this.window.rowNumbers };
    return imagePairs(this.baseline, made.causes, made.rows, window, this.options.pairs);
  }

  remadeOf(remade: JudgedRows, share: number): Remade {
    const { length } = remade.correct;
    const others = share < 1 ? [{ share: 1 - share, rows: this.baseline.clean }] : [];
    return { weights: new Float64Array(length).fill(1 / length), states: [{ share, rows: remade }, ...others] };
  }

  accuracyOf(remade: Remade, auc: number): ReadOff {
    const { predictions, table, independent } = this.window;
    const rows = predictions === null ? null : { ...predictions, coordinates: this.#coordinates };
    return readOff(remade, { rows, compared: table.rows, all: independent }, auc);
  }

  #accuracies(remade: Remade, auc: number) {
    return { accuracy: this.accuracyOf(remade, auc), remade: remadeAccuracy(remade) };
  }

  classesOf(remade: JudgedRows, share: number): ClassAccuracy[] {
    const { targets } = this.baseline.images;
    return [...new Set(targets)].sort().map((name) => {
      const rows = targets.flatMap((target, row) => (target === name ? [row] : []));
      const ofRows = ({ correct }: JudgedRows) => meanOf(rows.map((row) => correct[row]!));
      const accuracy = share * ofRows(remade) + (1 - share) * ofRows(this.baseline.clean);
      return { name, rows: rows.length, accuracy, share: null };
    });
  }

  #notTried(): string[] {
    if (this.#left === 0) return [];
    const causes = this.#left === 1 ? '1 cause was' : `${this.#left} causes were`;
    return [`the budget was up, and ${causes} not tried: one of them may suffice`];
  }

  /** @param rows of the baseline that lie nearest to the window's */
  warnings(rows: Matrix64, accuracy: ReadOff | null, measured: number | null): string[] {
    const { window, usual } = sharedRows(rows, this.#coordinates);
    const found = accuracy === null ? this.#notTried() : [];
    if (window > usual + SHARED) {
      const share = `about ${Math.round(100 * (window - usual))} % of the images`;
      found.push(`${share} are images of the baseline: AUC and accuracy look better than they are`);
    }
    const [known, own] = [this.baseline.images.targets.length, this.window.table.rows];
    if (accuracy === null && !canSuffice(known, own, this.options.equivalence)) {
      const counts = [known, own].map((count) => count.toLocaleString('en'));
      found.push(
        `${counts[0]} images of the baseline and ${counts[1]} rows of the window are few: even the true cause may not be shown to suffice`,
      );
    }
    if (accuracy !== null && measured !== null && measured < accuracy.low - SHOWN_DIGIT) {
      const [truth, low] = [measured, accuracy.low].map((value) => `${(100 * value).toFixed(1)} %`);
      found.push(
        `its labels say ${truth}, less than the ${low} that the baseline promises: was the network trained on the baseline's images? ` +
          'Take labelled images that it has not seen',
      );
    }
    const { correct, confidence } = this.baseline.clean;
    if (accuracy !== null && measured === null && isRightMoreOftenThanSure(correct, confidence)) {
      const [right, sure] = [meanOf(correct), meanOf(confidence)].map((value) => `${(100 * value).toFixed(1)} %`);
      found.push(
        `the network predicts ${right} of the baseline's images, and is only ${sure} sure of them: that is usual for images that it was ` +
          'trained on, of which the accuracy promises too much, and for networks trained with label smoothing',
      );
    }
    return found;
  }
}

/** What the note rounds to: it names two different numbers. */
const SHOWN_DIGIT = 0.001;
/** Share of rows that are the baseline's by chance, or because images repeat. */
const SHARED = 0.05;

function explained(cause: CauseSetting, share: number): ExplainedCause {
  const { family, make, strength } = cause;
  return { family, make, strength, unit: causeMake(cause).unit, share };
}

/** What the images of the baseline count, for the classes to have other shares. */
function mixWeights({ shares }: ClassMix, targets: readonly string[]): Float64Array {
  const counts = new Map<string, number>();
  for (const name of targets) counts.set(name, (counts.get(name) ?? 0) + 1);
  const weights = new Map(shares.map(({ name, share }) => [name, share / counts.get(name)!]));
  return Float64Array.from(targets, (name) => weights.get(name)!);
}

function meanOf(values: readonly (boolean | number)[]): number {
  return values.reduce<number>((sum, value) => sum + Number(value), 0) / values.length;
}
