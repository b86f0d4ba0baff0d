import { Random, shown } from '../../base/index.js';
import type { ColumnChoice } from '../../data/index.js';
import {
  confidenceOf,
  type DriftBatch,
  type Matrix64,
  matrixOfRows,
  type PredictedRows,
  type Profile,
  predictedOf,
  TimeWindows,
  type WindowLength,
  type WindowReport,
} from '../../drift/index.js';
import { type EventFile, type Measurement, numberedBatches } from '../measure/index.js';
import type { ExplainOptions } from '../options/index.js';
import { LEAST_ROWS } from './baseline-images.js';
import { ExplainError } from './explain-error.js';
import { eventTableRow } from './look-threads.js';

/** As many as the baseline has by default; more would tell little more. */
const MOST_ROWS = 2_500;
/** The brightness of parts, which `embed` writes together with the statistics. */
const NEEDED_COLUMN = 'image_grid';

export interface WindowRows {
  rows: number;
  /** One row of each group: the others say little more. */
  independent: number;
  embeddings: Matrix64;
  /** As of `imageTable`. */
  table: Matrix64;
  /** What the network says of the same rows; null where the events have no scores. */
  predictions: Pick<PredictedRows, 'predicted' | 'confidence'> | null;
  /** Numbers of the compared rows over all tables that were measured. */
  rowNumbers: number[];
  /** How many of all rows have a label, and how many of these were predicted. */
  labelled: number;
  correct: number;
}

interface WindowPlace {
  name: string;
  /** The tables that may have rows of it, one after the other. */
  files: readonly EventFile[];
  /** Its length, where windows are by time; undefined where all rows of the tables are of it. */
  length: WindowLength | undefined;
}

interface WindowReading {
  columns: ColumnChoice;
  group: string | undefined;
}

/** Before anything is embedded. @throws ExplainError `EXPLAIN_NO_STATISTICS` */
export function checkStatistics(files: readonly EventFile[]): void {
  for (const { path, carried } of files) {
    if (carried.some(({ name }) => name === NEEDED_COLUMN)) continue;
    const message = `${shown(path)}: the events have no statistics of their images, such as the column ${NEEDED_COLUMN}`;
    throw new ExplainError('EXPLAIN_NO_STATISTICS', message, { hint: 'Embed them without --no-statistics.' });
  }
}

function tooFewRows(where: string, independent: number, rows: number): ExplainError {
  const found = independent === rows ? `${rows} rows` : `${independent} groups of ${rows} rows`;
  const message = `${shown(where)}: ${found}, at least ${LEAST_ROWS} are needed`;
  const hint = 'With fewer, no cause can be shown to suffice. Take a longer span of time.';
  return new ExplainError('EXPLAIN_TOO_FEW_ROWS', message, { hint });
}

export async function windowRows(profile: Profile, place: WindowPlace, reading: WindowReading): Promise<WindowRows> {
  const collector = new RowCollector(profile.classes);
  for await (const batch of batchesOf(profile, place, reading)) collector.add(batch);
  const { rows, independent } = collector;
  if (independent < LEAST_ROWS) {
    throw tooFewRows(place.length === undefined ? place.files[0]!.path : place.name, independent, rows);
  }
  return collector.collected();
}

async function* batchesOf(profile: Profile, { name, files, length }: WindowPlace, { columns, group }: WindowReading) {
  const paths = files.map(({ path }) => path);
  const first = files[0]!.firstRow;
  const asked = { columns, group, by: undefined, eventIds: false };
  const windows = length === undefined ? null : new TimeWindows(length, (window) => window);
  for await (const { batch } of numberedBatches(profile, paths, asked, [])) {
    const numbered = { ...batch, rowNumbers: Array.from(batch.rowNumbers!, (row) => first + row) };
    if (windows === null) yield numbered;
    else for (const { window, part } of windows.partsOf(numbered)) if (window === name) yield part.batch;
  }
}

interface KeptRow {
  embedding: Float32Array | Float64Array;
  values: Float64Array;
  rowNumber: number;
  prediction: { name: string; confidence: number } | null;
}

/** Keeps one row of each group, at most so many, each equally likely. */
class RowCollector {
  rows = 0;
  independent = 0;
  readonly #kept: KeptRow[] = [];
  readonly #random = new Random(0);
  readonly #groups = new Set<string>();
  #labelled = 0;
  #correct = 0;

  constructor(readonly classes: readonly string[]) {}

  add(batch: DriftBatch): void {
    for (let row = 0; row < batch.embeddings.rows; row++) {
      this.#keep(batch, row);
      this.#judge(batch, row);
      this.rows++;
    }
  }

  collected(): WindowRows {
    return {
      rows: this.rows,
      independent: this.independent,
      embeddings: matrixOfRows(this.#kept.map(({ embedding }) => embedding)),
      table: matrixOfRows(this.#kept.map(({ values }) => values)),
      predictions: columnsOf(this.#kept.map(({ prediction }) => prediction)),
      rowNumbers: this.#kept.map(({ rowNumber }) => rowNumber),
      labelled: this.#labelled,
      correct: this.#correct,
    };
  }

  #keep(batch: DriftBatch, row: number): void {
    const group = batch.groups?.[row] ?? null;
    if (group !== null && this.#groups.has(group)) return;
    if (group !== null) this.#groups.add(group);
    const place = this.independent < MOST_ROWS ? this.independent : this.#random.below(this.independent + 1);
    this.independent++;
    if (place >= MOST_ROWS) return;
    const { data, columns } = batch.embeddings;
    const embedding = data.slice(row * columns, (row + 1) * columns);
    this.#kept[place] = {
      ...{ embedding, values: eventTableRow(batch, row), rowNumber: batch.rowNumbers![row]! },
      prediction: this.#predicted(batch, row),
    };
  }

  #judge(batch: DriftBatch, row: number): void {
    const target = batch.targets?.[row] ?? null;
    const prediction = this.#predicted(batch, row);
    if (target === null || prediction === null) return;
    this.#labelled++;
    if (prediction.name === target) this.#correct++;
  }

  #predicted({ scores }: DriftBatch, row: number): KeptRow['prediction'] {
    return scores ? { name: this.classes[predictedOf(scores, row)]!, confidence: confidenceOf(scores, row) } : null;
  }
}

function columnsOf(predictions: readonly KeptRow['prediction'][]): WindowRows['predictions'] {
  const known = predictions.filter((prediction) => prediction !== null);
  if (known.length < predictions.length) return null;
  return { predicted: known.map(({ name }) => name), confidence: known.map(({ confidence }) => confidence) };
}

interface FewRows {
  name: string;
  error: ExplainError;
}

/** @throws ExplainError `EXPLAIN_TOO_FEW_ROWS` where no window has enough rows, before anything is embedded */
export function askedWindows(
  { report, files }: Pick<Measurement, 'report' | 'files'>,
  { window: length, onlyDrifted = false }: ExplainOptions,
): { enough: { place: WindowPlace; report: WindowReport }[]; few: FewRows[] } {
  // A table without rows is no window.
  const own = files.filter(({ rows }) => rows > 0);
  const all = report.windows.map((window, i) => {
    const of: readonly EventFile[] = length === undefined ? [own[i]!] : files;
    return { place: { name: window.name, files: of, length }, report: window };
  });
  const wanted = all.filter(({ report: { verdict } }) => !onlyDrifted || verdict === 'drift');
  const few = wanted
    .filter(({ report: { rows } }) => rows < LEAST_ROWS)
    .map(({ place: { name, files: of }, report: { rows } }) => {
      return { name, error: tooFewRows(length === undefined ? of[0]!.path : name, rows, rows) };
    });
  const enough = wanted.filter(({ report: { rows } }) => rows >= LEAST_ROWS);
  refuseNone(enough, few);
  return { enough, few };
}

/** @throws ExplainError of the first window, where none can be explained */
export function refuseNone(windows: readonly unknown[], few: readonly FewRows[]): void {
  const [first] = few;
  if (windows.length === 0 && first !== undefined) throw first.error;
}

/** What was thrown for a window with too few groups, or for which no time was left; all else is thrown again. */
export function asSkipped(error: unknown, name: string): FewRows {
  const codes = ['EXPLAIN_TOO_FEW_ROWS', 'EXPLAIN_BUDGET'];
  if (error instanceof ExplainError && codes.includes(error.code)) return { name, error };
  throw error;
}
