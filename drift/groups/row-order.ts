/**
 * How much rows that follow each other have in common, from the runs that were kept. The correlation at a lag h is that
 * of the clusters: by how much more often than by chance rows h places apart are in one cluster, each weighted by 1
 * over its share, as Rao and Scott weight clusters. With correlations r_h, n rows are worth n / d,
 *
 *   d = 1 + 2 Σ (1 − h / n) r_h.
 *
 * The sum ends before three lags in a row that may be chance. Rows of one chain count as one, since chains have a
 * design effect of their own. Where correlation does not end, the order tells how the file was made: then d is 1. Where
 * rows are sorted by class, or are of another kind from some row on, only what neighbours have in common within their
 * class or side counts.
 */
import { pow } from '../../base/math/index.js';
import { CHAIN_ROWS } from './copies.js';
import { type Correlations, classRuns, ofEqualRows, ofNumbers, ofThresholds } from './neighbours.js';
import { blocksOf, type RowRuns, type RunRow, type RunScores } from './row-runs.js';

const MOST_LAGS = 64;
/** Standard errors of a lag that is not chance. */
export const SURE = 2;
/** The same for there being any correlation at all, so that one independent baseline in a thousand is called correlated. */
const SURE_OF_ANY = 3;
const LAGS_TO_END = 3;
/** Standard errors of a step: of thousands of places, one in a thousand sets of independent rows has a larger one by chance. */
const SURE_OF_STEP = 5;
/** Stands for all clusters that are too small. */
const JOINED = -1;

export interface RowOrder {
  /** Correlations at lags 1, 2, …; empty if there are none. */
  lags: number[];
  chain: number;
  /** Number of the row from which on rows are of another kind; null if there is no such step. */
  step: number | null;
}

/** What may be alike in neighbours. `accuracy` is a mean over rows of what their confidence says of it. */
export type OrderOf = 'cluster' | keyof RunScores | 'accuracy';

/** No lags where rows do not say it. */
export function rowOrder(runs: RowRuns, what: OrderOf = 'cluster'): RowOrder {
  const blocks = blocksOf(runs);
  const clustered = withoutSmall(blocks, 'cluster');
  const heads = clustered.map(withoutChains);
  const count = (rows: readonly RunRow[][]) => rows.reduce((sum, block) => sum + block.length, 0);
  const chain = count(blocks) / Math.max(1, count(heads));
  const correlations = correlationsBy(heads, what);
  const sorted = correlations.some(areNeighboursAlike) ? classRuns(heads) : null;
  if (sorted !== null) return { lags: longest([within(sorted)]), chain, step: null };
  const lags = longest(correlations);
  const step = largestStep(heads);
  const beside = step === null ? [] : longest([within([step.before, step.after])]);
  // Rows that hang together make steps by chance, too.
  const chance = Math.sqrt(1 + 2 * beside.reduce((sum, r) => sum + r, 0));
  if (step === null || step.errors < SURE_OF_STEP * chance) return { lags, chain, step: null };
  return { lags: lags.length === 0 ? lags : beside, chain, step: step.row };
}

function areNeighboursAlike(correlationAt: Correlations | null): boolean {
  if (correlationAt === null) return false;
  const { r, error } = correlationAt(1);
  return r > SURE_OF_ANY * error;
}

function longest(correlations: readonly (Correlations | null)[]): number[] {
  const sum = (lags: readonly number[]) => lags.reduce((total, r) => total + r, 0);
  return correlations.map(significantLags).sort((a, b) => sum(b) - sum(a))[0]!;
}

/** The correlation of the clusters within each part, pooled by how well it is known. */
function within(parts: readonly RunRow[][][]): Correlations {
  const each = parts.flatMap((pieces) => ofKinds(withoutSmall(pieces, 'cluster'), 'cluster') ?? []);
  return (lag) => {
    const known = each.map((of) => of(lag)).filter(({ error }) => error < 1);
    const weight = known.reduce((sum, { error }) => sum + pow(error, -2), 0);
    if (weight === 0) return { r: 0, error: Number.POSITIVE_INFINITY };
    return { r: known.reduce((sum, { r, error }) => sum + r * pow(error, -2), 0) / weight, error: pow(weight, -0.5) };
  };
}

/** Each null where all rows are equal or unknown. The one that tells of more counts. */
function correlationsBy(heads: readonly RunRow[][], what: OrderOf): (Correlations | null)[] {
  if (what === 'cluster') return [ofKinds(heads, 'cluster')];
  if (what === 'predicted') return ofClasses(known(heads, what));
  const of = what === 'accuracy' ? 'confidence' : what;
  const numbers = known(heads, of).map((block) => block.map((row) => row[of]));
  return [what === 'accuracy' ? ofNumbers(numbers) : ofThresholds(numbers)];
}

/** Rare classes may stay longer or shorter than frequent ones: the first weights classes alike, the second rows. */
function ofClasses(blocks: readonly RunRow[][]): (Correlations | null)[] {
  return [
    ofKinds(withoutSmall(blocks, 'predicted'), 'predicted'),
    ofEqualRows(blocks.map((block) => block.map((row) => row.predicted))),
  ];
}

function known(blocks: readonly RunRow[][], what: keyof RunScores): RunRow[][] {
  return blocks.map((block) => block.filter((row) => row[what] > 0));
}

/** What `rows` rows are worth less because of their order, in one: the factor d above. */
export function orderEffect({ lags, chain }: RowOrder, rows: number): number {
  const heads = rows / chain;
  const sum = lags.reduce((total, r, i) => total + Math.max(0, 1 - (i + 1) / heads) * r, 0);
  return Math.max(1, 1 + 2 * sum);
}

/** Rows from one that has nothing in common with a row to the next; 1 if all are independent. */
export function independentEvery({ lags, chain }: RowOrder): number {
  return lags.length === 0 ? 1 : Math.ceil((lags.length + 1) * chain);
}

type KindOf = 'cluster' | 'predicted';

/** Joins clusters or classes of fewer rows than the root of all: one pair of neighbours would be a correlation. */
function withoutSmall(blocks: readonly RunRow[][], kind: KindOf): readonly RunRow[][] {
  const rows = blocks.reduce((sum, block) => sum + block.length, 0);
  const shares = sharesOf(blocks, kind);
  const isSmall = (row: RunRow) => shares.get(row[kind])! < pow(rows, -0.5);
  if (![...shares.values()].some((share) => share < pow(rows, -0.5))) return blocks;
  return blocks.map((block) => block.map((row) => (isSmall(row) ? { ...row, [kind]: JOINED } : row)));
}

function withoutChains(block: readonly RunRow[]): RunRow[] {
  return block.filter(({ mark, cluster }, i) => {
    for (let before = Math.max(0, i - CHAIN_ROWS); before < i; before++) {
      const row = block[before]!;
      if (row.mark === mark && row.cluster === cluster) return false;
    }
    return true;
  });
}

function significantLags(correlationAt: Correlations | null): number[] {
  const lags: number[] = [];
  let ended = 0;
  for (let lag = 1; correlationAt !== null; lag++) {
    const { r, error } = correlationAt(lag);
    if (!(error < 1) || lag > MOST_LAGS) return [];
    lags.push(r);
    ended = r > SURE * error ? 0 : ended + 1;
    if (lag === LAGS_TO_END && !lags.some((early) => early > SURE_OF_ANY * error)) return [];
    if (ended === LAGS_TO_END) break;
  }
  return lags.slice(0, Math.max(0, lags.length - LAGS_TO_END));
}

function sharesOf(blocks: readonly RunRow[][], kind: KindOf): Map<number, number> {
  const counts = new Map<number, number>();
  let rows = 0;
  for (const block of blocks) {
    rows += block.length;
    for (const row of block) counts.set(row[kind], (counts.get(row[kind]) ?? 0) + 1);
  }
  return new Map([...counts].map(([of, count]) => [of, count / rows]));
}

/** By how much more often than by chance rows are of one kind, each kind weighted by 1 over its share. */
function ofKinds(blocks: readonly RunRow[][], kind: KindOf): Correlations | null {
  const shares = sharesOf(blocks, kind);
  const degrees = shares.size - 1;
  if (degrees < 1) return null;
  return (lag) => {
    let pairs = 0;
    let excess = 0;
    for (const block of blocks) {
      for (let i = lag; i < block.length; i++) {
        const own = block[i]![kind];
        pairs++;
        excess += (own === block[i - lag]![kind] ? 1 / shares.get(own)! : 0) - 1;
      }
    }
    if (pairs === 0) return { r: 0, error: Number.POSITIVE_INFINITY };
    return { r: excess / (pairs * degrees), error: 1 / Math.sqrt(pairs * degrees) };
  };
}

/** A step, such as a lens that got dirty at noon: what rows have in common beyond their side of it counts. */
interface Step {
  row: number;
  before: RunRow[][];
  after: RunRow[][];
  /** How far the sides are apart, in standard errors of independent rows. */
  errors: number;
}

/** Fewer rows on a side tell no step from chance. */
const LEAST_ROWS = 30;

/**
 * The place where sides differ most: in the share of a cluster, or in the mean bin of confidence (the maximum of a
 * two-sample statistic over all places, D. M. Hawkins, JASA 72, 1977).
 * @returns null with too few rows
 */
function largestStep(blocks: readonly RunRow[][]): Step | null {
  const rows = blocks.flat();
  if (rows.length < 2 * LEAST_ROWS) return null;
  const clusters = [...new Set(rows.map(({ cluster }) => cluster))];
  const columns = [
    ...clusters.map((own) => rows.map(({ cluster }) => Number(cluster === own))),
    rows.map(({ confidence }) => confidence),
  ];
  const { at, errors } = columns.map(largestDifference).reduce((a, b) => (b.errors > a.errors ? b : a));
  if (errors === 0) return null;
  const row = rows[at]!.number;
  const side = (isAfter: boolean) =>
    blocks.map((block) => block.filter(({ number }) => number >= row === isAfter)).filter((block) => block.length > 0);
  return { row, before: side(false), after: side(true), errors };
}

function largestDifference(values: readonly number[]): { at: number; errors: number } {
  const rows = values.length;
  const total = values.reduce((sum, value) => sum + value, 0);
  const mean = total / rows;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows);
  let [sum, at, errors] = [0, 0, 0];
  if (deviation === 0) return { at, errors };
  for (let i = 1; i <= rows - LEAST_ROWS; i++) {
    sum += values[i - 1]!;
    if (i < LEAST_ROWS) continue;
    const own = Math.abs(sum - i * mean) / (deviation * Math.sqrt((i * (rows - i)) / rows));
    if (own > errors) [at, errors] = [i, own];
  }
  return { at, errors };
}
