/**
 * How often 95 % intervals from few labels hold the truth, and how wide they are: CIFAR-10's four tranches and
 * Fashion-MNIST, as they are and corrupted, each image alone or as a clip of ten frames. Labels are drawn at random, or
 * by a plan. Segments are predicted classes. The cells are in `cells.json`, and were fixed before any number was seen.
 * With a plan, width is compared with Wilson's interval of as many random labels.
 *
 *     npm run bench -- labels [--cells labels-held-out] [--draws 1000] [--folder FOLDER]
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../base/index.js';
import {
  type AllRows,
  groupedBy,
  type LabelledRow,
  type LabelPlan,
  labelPlans,
  type MeasuredAccuracy,
  type PlannableRows,
  partAccuracy,
  plannedAccuracy,
  randomAccuracy,
} from '../drift/index.js';
import { wilson } from '../drift/statistics/accuracy-interval.js';
import { temporaryFolder } from '../spec/support/places.js';
import { heldOutWindows, inClips, type LabelWindow, labelWindows } from './label-windows.js';
import { cellsOf, flagsOf, writeResults } from './results.js';
import { mean } from './rows.js';

interface Cell {
  population: string;
  frames: readonly number[];
  budgets: readonly number[];
}

/** In a segment, so many labels are to hold 90 %. */
const ENOUGH = 30;

interface DrawnRow extends LabelledRow {
  row: number;
}

interface Drawn {
  whole: MeasuredAccuracy;
  segments: (MeasuredAccuracy & { segment: number })[];
}

/** Counts intervals, and how many of them hold. */
class Held {
  held = 0;
  all = 0;
  width = 0;

  add({ low, high }: { low: number; high: number }, truth: number): void {
    this.all++;
    this.width += high - low;
    if (low - 1e-12 <= truth && truth <= high + 1e-12) this.held++;
  }

  get share(): number {
    return this.held / this.all;
  }
}

class Trial {
  readonly #window: LabelWindow;
  readonly #segmentOf: readonly number[];
  readonly #all: Map<number, number[]>;
  readonly truth: number;
  readonly #whole: AllRows;
  readonly #ofSegment: Map<number, AllRows>;
  readonly #truths: Map<number, number>;
  readonly #columns: PlannableRows;

  constructor(window: LabelWindow) {
    this.#window = window;
    this.#segmentOf = window.rows.map(({ predicted }) => predicted);
    this.#all = groupedBy(window.rows.keys(), (row) => this.#segmentOf[row]!);
    const rows = [...window.rows.keys()];
    this.truth = this.#shareRight(rows);
    this.#whole = this.#of(rows);
    this.#ofSegment = new Map([...this.#all].map(([segment, own]) => [segment, this.#of(own)]));
    this.#truths = new Map([...this.#all].map(([segment, own]) => [segment, this.#shareRight(own)]));
    this.#columns = {
      confidence: window.rows.map(({ confidence }) => confidence),
      rates: window.rows.map(({ rate }) => rate!),
      clusters: window.rows.map(({ cluster }) => cluster),
      units: window.rows.map(({ group }) => group),
      segments: null,
    };
  }

  get confidence(): number {
    return mean(this.#window.rows.map(({ confidence }) => confidence));
  }

  truthOf(segment: number): number {
    return this.#truths.get(segment)!;
  }

  #shareRight(rows: readonly number[]): number {
    return mean(rows.map((row) => Number(this.#window.right[row])));
  }

  #of(rows: readonly number[]): AllRows {
    return { rows: rows.length, rate: mean(rows.map((row) => this.#window.rows[row]!.rate!)) };
  }

  #labelled(row: number, planned: LabelledRow['planned']): DrawnRow {
    const { rate, group } = this.#window.rows[row]!;
    return { right: this.#window.right[row]!, rate, group, planned, row };
  }

  random(budget: number, seed: number): Drawn {
    const rows = Uint32Array.from(this.#window.rows.keys());
    const chosen = Random.stream(seed, budget).shuffle(rows).slice(0, budget);
    const labelled = Array.from(chosen, (row) => this.#labelled(row, null));
    const segments = [...groupedBy(labelled, ({ row }) => this.#segmentOf[row]!)];
    return {
      whole: randomAccuracy(labelled, this.#whole),
      segments: segments.map(([segment, own]) => {
        return { segment, ...randomAccuracy(own, this.#ofSegment.get(segment)!) };
      }),
    };
  }

  planned(budget: number): (seed: number) => Drawn {
    const plans = labelPlans(this.#columns, budget);
    return (seed) => this.#ofPlan(plans(seed));
  }

  #ofPlan({ labels, strata }: LabelPlan): Drawn {
    const labelled = labels.map(({ row, stratum, probability }) => {
      return this.#labelled(row, { stratum: strata[stratum]!.name, probability });
    });
    const segments = [...groupedBy(labelled, ({ row }) => this.#segmentOf[row]!)];
    return {
      whole: plannedAccuracy(labelled, new Map(strata.map(({ name, rows: count }) => [name, count]))),
      segments: segments.map(([segment, own]) => ({ segment, ...partAccuracy(own) })),
    };
  }
}

function measured(trial: Trial, draw: (seed: number) => Drawn, draws: number) {
  const [whole, segments, wilsons] = [new Held(), new Held(), new Held()];
  const large = new Map<number, Held>();
  for (let seed = 0; seed < draws; seed++) {
    const { whole: found, segments: own } = draw(seed);
    whole.add(found, trial.truth);
    wilsons.add(wilson(found.value, found.labels), trial.truth);
    for (const one of own) {
      const truth = trial.truthOf(one.segment);
      segments.add(one, truth);
      if (one.labels < ENOUGH) continue;
      const held = large.get(one.segment) ?? new Held();
      held.add(one, truth);
      large.set(one.segment, held);
    }
  }
  // Few draws in which a segment has so many labels say nothing of how often its interval holds.
  const shares = [...large.values()].filter(({ all }) => all >= draws / 10).map(({ share }) => share);
  const worst = shares.length === 0 ? '' : Math.min(...shares).toFixed(3);
  return { whole, segments, wilsons, worst };
}

const asked = flagsOf({ cells: 'labels', draws: '1000', folder: join(temporaryFolder(), 'sets') });
mkdirSync(asked.folder, { recursive: true });
const draws = Number(asked.draws);
const cells = new Map(cellsOf<Cell>(asked.cells).map((cell) => [cell.population, cell]));
const rows: Record<string, string | number>[] = [];
const windows = asked.cells === 'labels' ? labelWindows : heldOutWindows;
for await (const window of windows(asked.folder)) {
  const cell = cells.get(window.name);
  if (cell === undefined) continue;
  for (const frames of cell.frames) {
    const trial = new Trial(inClips(window, frames));
    for (const budget of cell.budgets) {
      const random = measured(trial, (seed) => trial.random(budget, seed), draws);
      const planned = measured(trial, trial.planned(budget), draws);
      for (const [way, { whole, segments, worst }] of [
        ['random', random],
        ['plan', planned],
      ] as const) {
        rows.push({
          ...{ window: window.name, frames, budget, way },
          accuracy: trial.truth.toFixed(4),
          confidence: trial.confidence.toFixed(4),
          draws,
          held: whole.share.toFixed(3),
          width: (whole.width / draws).toFixed(4),
          wilson: (random.wilsons.width / draws).toFixed(4),
          segments_held: segments.share.toFixed(3),
          worst_segment: worst,
          command: `npm run bench -- labels${asked.cells === 'labels' ? '' : ` --cells ${asked.cells}`}`,
        });
      }
    }
  }
  console.error(window.name);
}
console.table(rows);
tell();
console.log(`written to ${await writeResults(`${asked.cells}.csv`, rows)}`);

function tell(): void {
  const least = (column: string) =>
    rows.filter((row) => row[column] !== '').reduce((a, b) => (Number(b[column]) < Number(a[column]) ? b : a));
  for (const column of ['held', 'segments_held', 'worst_segment']) {
    const { window, frames, budget, way, [column]: value } = least(column);
    console.log(`${column}: least ${value} (${window}, ${frames} frames, ${budget} labels, ${way})`);
  }
  const plans = rows.filter(({ budget, way }) => budget === 100 && way === 'plan');
  const ratio = (row: (typeof rows)[number]) => Number(row['width']) / Number(row['wilson']);
  const calibrated = plans.filter((row) => Math.abs(Number(row['confidence']) - Number(row['accuracy'])) <= 0.02);
  const geometric = Math.exp(mean(calibrated.map((row) => Math.log(ratio(row)))));
  const widest = plans.reduce((a, b) => (ratio(b) > ratio(a) ? b : a));
  console.log(
    `100 labels of a plan: ${geometric.toFixed(3)} of Wilson's width in ${calibrated.length} calibrated cells;`,
  );
  console.log(`widest ${ratio(widest).toFixed(3)} (${widest['window']}, ${widest['frames']} frames)`);
}
