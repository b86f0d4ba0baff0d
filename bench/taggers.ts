/**
 * A tagger of 14 labels, of which several may hold: how often the default vote calls a quiet window drift, and how often
 * it sees that one label holds for ten points more of the images. Beside it, one test a label: Fisher's exact test of
 * each, with Bonferroni. Each baseline is drawn and fitted anew. A run appends a line for each change and size. What is
 * told is of 150 baselines of each of the seeds 39 and 40.
 *
 *     npm run bench -- taggers [baselines] [seed] [cells, as i,j,k]
 */
import { Random } from '../base/index.js';
import {
  type DriftBatch,
  fitProfile,
  labelColumn,
  labelColumns,
  type MethodContext,
  type Profile,
  type WindowSummary,
} from '../drift/index.js';
import { labels } from '../drift/methods/labels.js';
import { defaultAlarms } from '../drift/methods/registry.js';
import { numberKey } from '../drift/rows/keys.js';
import { labelOf } from '../drift/rows/label-columns.js';
import { movedColumns } from '../drift/tests/column-shifts.js';
import { fisherExactP } from '../drift/tests/p-values.js';
import { appendResults, cellsOf } from './results.js';
import { summaryOf } from './rows.js';

interface Cell {
  population: string;
  baselineRows: number;
  windowRows: number;
}

const ALPHA = 0.05;
const DRAWS = 799;
const LABELS = 14;
const COLUMNS = 32;
/** Causes that several labels have in common. */
const FACTORS = 5;
/** From 0.5 to 40 % of the images. */
const RATES = Array.from({ length: LABELS }, (_, k) => 0.005 * (0.4 / 0.005) ** (k / (LABELS - 1)));
const NAMES = RATES.map((_, k) => `label ${k}`);
const THRESHOLDS = NAMES.map(() => 0.5);
/** Rows from which a label's rate is set. */
const MANY = 100_000;
const POINTS = 0.1;

/** What a row is made of: embeddings and logits share factors, and each label has noise of its own. */
class Tagger {
  readonly #loadings: Float64Array;
  readonly #mixing: Float64Array;
  readonly #offsets: number[];

  constructor(seed: number) {
    const fixed = Random.stream(seed, 1_000_000);
    const normals = (count: number) => Float64Array.from({ length: count }, () => fixed.normal());
    this.#loadings = normals(LABELS * FACTORS);
    this.#mixing = normals(COLUMNS * FACTORS);
    this.#offsets = NAMES.map(() => 0);
    const logits = this.rows(MANY, fixed).logits;
    this.#offsets = RATES.map((rate, k) => quantile(logits, k, 1 - rate));
  }

  rows(rows: number, random: Random) {
    const embeddings = new Float32Array(rows * COLUMNS);
    const logits = new Float64Array(rows * LABELS);
    const factors = new Float64Array(FACTORS);
    for (let row = 0; row < rows; row++) {
      for (let f = 0; f < FACTORS; f++) factors[f] = random.normal();
      for (let c = 0; c < COLUMNS; c++) {
        embeddings[row * COLUMNS + c] = product(this.#mixing, c, factors) + random.normal();
      }
      for (let k = 0; k < LABELS; k++) {
        logits[row * LABELS + k] = product(this.#loadings, k, factors) + random.normal() - this.#offsets[k]!;
      }
    }
    return { embeddings, logits };
  }

  /** How much a label's logit has to grow for it to hold in ten points more of the images. */
  shiftOf(label: number, random: Random): number {
    return -quantile(this.rows(MANY, random).logits, label, 1 - RATES[label]! - POINTS);
  }
}

function product(matrix: Float64Array, line: number, factors: Float64Array): number {
  let sum = 0;
  for (let f = 0; f < FACTORS; f++) sum += factors[f]! * matrix[line * FACTORS + f]!;
  return sum;
}

function quantile(logits: Float64Array, label: number, share: number): number {
  const own = Float64Array.from({ length: logits.length / LABELS }, (_, row) => logits[row * LABELS + label]!).sort();
  return own[Math.floor(share * own.length)]!;
}

type Made = ReturnType<Tagger['rows']>;

function batchOf({ embeddings, logits }: Made): DriftBatch {
  const rows = embeddings.length / COLUMNS;
  const data = Float32Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
  const statistics = labelColumns({ rows, columns: LABELS, data }, NAMES, THRESHOLDS);
  return { embeddings: { rows, columns: COLUMNS, data: embeddings }, scores: null, statistics };
}

/** `alone`: the network gives the label higher scores; nothing else has changed. */
function alone(made: Made, label: number, shift: number): Made {
  const logits = made.logits.map((logit, at) => (at % LABELS === label ? logit + shift : logit));
  return { ...made, logits };
}

/** `with its images`: images with the label come more often, with their embeddings and other labels. */
function withImages(tagger: Tagger, rows: number, label: number, random: Random): Made {
  const holding = Array.from({ length: rows }, () => random.uniform() < RATES[label]! + POINTS).filter(Boolean).length;
  const left = [rows - holding, holding];
  const chosen: { from: Made; row: number }[] = [];
  while (chosen.length < rows) {
    const from = tagger.rows(rows, random);
    for (let row = 0; row < rows; row++) {
      const kind = Number(from.logits[row * LABELS + label]! >= 0);
      if (left[kind]!-- > 0) chosen.push({ from, row });
    }
  }
  // Rows of one kind come last until they are in any order.
  const order = random.shuffle(Uint32Array.from(chosen.keys()));
  const made = { embeddings: new Float32Array(rows * COLUMNS), logits: new Float64Array(rows * LABELS) };
  for (const [i, at] of order.entries()) {
    const { from, row } = chosen[at]!;
    made.embeddings.set(from.embeddings.subarray(row * COLUMNS, (row + 1) * COLUMNS), i * COLUMNS);
    made.logits.set(from.logits.subarray(row * LABELS, (row + 1) * LABELS), i * LABELS);
  }
  return made;
}

/** Whether one of the labels has another share, each by Fisher's exact test. */
function byLabel(baseline: DriftBatch, window: DriftBatch): boolean {
  return NAMES.some((name) => {
    const [before, now] = [baseline, window].map((batch) => holding(batch, name));
    return fisherExactP(now!.found, now!.of, before!.found, before!.of) * LABELS <= ALPHA;
  });
}

function holding({ statistics }: DriftBatch, name: string): { found: number; of: number } {
  const values = Array.from(statistics![labelColumn('holds', name)]!);
  return { found: values.reduce((sum, value) => sum + value, 0), of: values.length };
}

/** The label that the vote names. */
function mostMoved(profile: Profile, window: WindowSummary): string | null {
  const moved = movedColumns(profile, window, 'holds').sort((a, b) => Math.abs(b.shift) - Math.abs(a.shift));
  return moved[0] === undefined ? null : (labelOf(moved[0].name)?.label ?? null);
}

/** What votes on rows without images: clusters, single rows, labels and their scores. */
const VOTERS = 4;

function contextOf(window: WindowSummary, seed: number): MethodContext {
  const draws = { draws: DRAWS, maxDraws: DRAWS, seed: numberKey(window.repeats.keys[0] ?? 0, seed) };
  return { base: 'e', detect: 0.1, alpha: ALPHA, tests: 1, ...draws };
}

/** Labels that move: a rare one, one between, a frequent one. */
const MOVING = [2, 7, 12];

async function measure({ baselineRows, windowRows }: Cell, baselines: number, seed: number): Promise<void> {
  const tagger = new Tagger(seed);
  const shifts = new Map(MOVING.map((label) => [label, tagger.shiftOf(label, Random.stream(seed, 2_000_000 + label))]));
  const counts = new Map<string, Record<string, number>>();
  const count = (change: string, what: string, isSeen: boolean) => {
    const own = counts.get(change) ?? {};
    counts.set(change, own);
    own[what] = (own[what] ?? 0) + Number(isSeen);
  };
  for (let index = 0; index < baselines; index++) {
    const random = Random.stream(seed, index);
    const baseline = batchOf(tagger.rows(baselineRows, random));
    const profile = fitProfile(baseline, { classes: NAMES, thresholds: THRESHOLDS }, { restarts: 1, seed: index });
    const quiet = tagger.rows(windowRows, random);
    const windows: [change: string, made: Made, label: number | null][] = [['quiet', quiet, null]];
    for (const label of MOVING) {
      const rate = `${(100 * RATES[label]!).toFixed(1)} %`;
      windows.push([`${rate}, alone`, alone(tagger.rows(windowRows, random), label, shifts.get(label)!), label]);
      windows.push([`${rate}, with its images`, withImages(tagger, windowRows, label, random), label]);
    }
    for (const [change, made, label] of windows) {
      const batch = batchOf(made);
      const summary = summaryOf(profile, batch);
      const context = contextOf(summary, index);
      const p = labels.compare(profile, summary, { ...context, decideAt: ALPHA })!.p!;
      count(change, 'windows', true);
      count(change, 'default', defaultAlarms(profile, summary, context) === true);
      count(change, 'labels_in_vote', p * VOTERS <= ALPHA);
      count(change, 'labels_alone', p <= ALPHA);
      count(change, 'one_test_a_label', byLabel(baseline, batch));
      if (label === null) continue;
      count(change, 'named', mostMoved(profile, summary) === NAMES[label]);
    }
  }
  const rows = [...counts].map(([change, { windows = 0, named, ...seen }]) => {
    const share = (found: number | undefined) => (found === undefined ? '' : (found / windows).toFixed(4));
    const shares = Object.fromEntries(Object.entries(seen).map(([what, found]) => [what, share(found)]));
    const cell = { change, baseline_rows: baselineRows, window_rows: windowRows, seed, windows };
    return { ...cell, ...shares, named: share(named) };
  });
  console.table(rows);
  await appendResults('taggers.csv', rows);
}

const [first, givenSeed, chosen] = process.argv.slice(2);
const cells = cellsOf<Cell>('taggers');
for (const cell of chosen?.split(',').map((i) => cells[Number(i)]!) ?? cells) {
  await measure(cell, Number(first ?? 150), Number(givenSeed ?? 39));
}
