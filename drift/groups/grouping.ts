/**
 * Groups of rows are exchangeable: given by a column (clip, camera), or chains of near-duplicates; else the order
 * counts. Halves and folds of a baseline, samples and effective numbers of rows go by groups, in windows, too.
 */
import type { Matrix } from '../linear/matrix.js';
import type { DriftBatch } from '../rows/batch.js';
import { numberKey, textKey } from '../rows/keys.js';
import { ChainFinder, type DrawnRows, RowDrawer } from './copies.js';
import { GroupCounter, type GroupCounts } from './design-effect.js';
import { columnsOf, type RowRuns, type RunFacts, RunKeeper } from './row-runs.js';

/** The column that `embed --group-from` writes. */
export const DEFAULT_GROUP = 'group';

/** What is fitted on the baseline, and the same for its shards and for windows. */
export interface Grouping {
  /** The columns or the span of time that groups are given by, as in `--group`; null if they are not given. */
  name: string | null;
  /** Largest squared distance of two near-duplicates. */
  near: number;
  /** Rows that are in one fold and one half because neighbours are alike; 1 if they are not, or groups are given. */
  block: number;
}

export interface GroupedRows {
  given: boolean;
  groups: GroupCounts;
  runs: RowRuns;
  drawn: DrawnRows;
}

interface RowGroup {
  group: number;
  /** Key of what is in one fold and one half with it. */
  unit: number;
}

export class RowGrouper {
  readonly #block: number;
  readonly #chains: ChainFinder;
  readonly #seed: number;

  /** @param grouping null where nothing is known: then only equal rows and given groups hang together */
  constructor(grouping: Grouping | null, columns: number, seed: number) {
    this.#block = grouping?.block ?? 1;
    this.#chains = new ChainFinder(grouping?.near ?? 0, columns);
    this.#seed = seed;
  }

  /** @param key `rowKey` of the row with the same seed */
  of({ embeddings, groups }: DriftBatch, row: number, rowNumber: number, key: number): RowGroup {
    if (groups) {
      const group = givenKey(groups[row], this.#seed) ?? key;
      return { group, unit: group };
    }
    const group = this.#chains.keyOf(embeddings, row, key);
    return { group, unit: unitOf(group, rowNumber, this.#block, this.#seed) };
  }
}

export function givenKey(group: string | null | undefined, seed: number): number | null {
  return group === null || group === undefined ? null : textKey(group, seed);
}

export function unitOf(group: number, rowNumber: number, block: number, seed: number): number {
  return block > 1 ? numberKey(Math.floor(rowNumber / block), seed) : group;
}

export function chainKeys(rows: Matrix, near: number, keys: ArrayLike<number>): Float64Array {
  const finder = new ChainFinder(near, rows.columns);
  return Float64Array.from({ length: rows.rows }, (_, row) => finder.keyOf(rows, row, keys[row]!));
}

interface RowFacts extends Partial<RunFacts> {
  target: string | null | undefined;
  isGiven: boolean;
}

interface CountedRow {
  rowNumber: number;
  cluster: number;
  group: number;
  /** `rowKey` of the row; absent where nobody asks how often rows repeat. */
  key?: number | undefined;
}

export class GroupedRowsCounter {
  readonly #groups: GroupCounter;
  readonly #runs: RunKeeper;
  readonly #drawn = new RowDrawer();
  #given = true;
  #rows = 0;

  /** @param columns number of image statistics whose sums are kept; default none */
  constructor(clusters: number, columns = 0) {
    this.#groups = new GroupCounter(clusters);
    this.#runs = new RunKeeper(columns);
  }

  add({ target, isGiven, scores = null, bins = null }: RowFacts, { rowNumber, cluster, group, key }: CountedRow): void {
    this.#rows++;
    if (key !== undefined) this.#drawn.add(rowNumber, key);
    this.#groups.add(group, cluster);
    if (isGiven) return;
    this.#given = false;
    this.#runs.add(rowNumber, { cluster, mark: group % 256, target: targetMark(target) }, { scores, bins });
  }

  addAll({ given, groups, runs, drawn }: GroupedRows): void {
    if (groups.keys.length > 0) this.#given &&= given;
    this.#rows += groups.keys.length;
    this.#groups.addAll(groups);
    this.#runs.addAll(runs);
    this.#drawn.addAll(drawn);
  }

  counts(): GroupedRows {
    const [groups, runs, drawn] = [this.#groups.counts(), this.#runs.runs(), this.#drawn.drawn()];
    return { given: this.#given && this.#rows > 0, groups, runs, drawn };
  }
}

/** 1 to 255 for a class, 0 for none. */
function targetMark(target: string | null | undefined): number {
  return target === null || target === undefined ? 0 : 1 + (textKey(target, 0) % 255);
}

export function mergeGroupedRows(a: GroupedRows, b: GroupedRows, clusters: number): GroupedRows {
  const counter = new GroupedRowsCounter(clusters, Math.max(columnsOf(a.runs), columnsOf(b.runs)));
  counter.addAll(a);
  counter.addAll(b);
  return counter.counts();
}

export function noGroupedRows(): GroupedRows {
  return new GroupedRowsCounter(0).counts();
}
