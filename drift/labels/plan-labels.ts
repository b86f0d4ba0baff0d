/**
 * Which images to label. Rows are cut into strata by confidence, where the sum of their standard deviations, which the
 * rates of right predictions give, is the same (T. Dalenius and J. L. Hodges, JASA 54, 1959). Labels are shared by J.
 * Neyman's rule (JRSS 97, 1934), with at least half of what equal chances would give, so that confidence that misleads
 * costs little. Within a stratum, rows are drawn by the pivotal method (J.-C. Deville and Y. Tillé, Biometrika 85, 1998),
 * cluster after cluster, so that each has its share, and within a cluster in an order by chance: a draw in a fixed order
 * is no worse than one with replacement (G. Chauvet, Bernoulli 18, 2012), but may vary more than one without. Copies and
 * frames of a clip are one unit, of which a random row is labelled; units of more rows come more often, so that the
 * rows of a stratum have equal chances.
 */
import { Random } from '../../base/index.js';
import { groupedBy } from './labelled-accuracy.js';

export interface PlannableRows {
  /** `[rows]`: the largest score. */
  confidence: ArrayLike<number>;
  /** `[rows]`: the chance that the prediction is right. */
  rates: ArrayLike<number>;
  clusters: ArrayLike<number>;
  /** `[rows]`: what is labelled once. */
  units: ArrayLike<number>;
  /** `[rows]`: segments that are to have labels of their own; null for none. */
  segments: readonly string[] | null;
}

export interface PlannedLabel {
  /** Index of the row. */
  row: number;
  /** Index of the stratum. */
  stratum: number;
  /** The chance that the row is chosen, above 0 to 1. */
  probability: number;
}

export interface Stratum {
  name: string;
  rows: number;
  labels: number;
}

export interface LabelPlan {
  /** In an order in which all strata soon have labels. */
  labels: PlannedLabel[];
  strata: Stratum[];
}

interface Unit {
  /** Its first row says where it belongs; any of them may be labelled. */
  row: number;
  rows: number[];
  /** Sum of the standard deviations of its rows. */
  spread: number;
}

/** Labels of a stratum: fewer say nothing of how much it varies. */
const LABELS_EACH = 10;
const MOST_STRATA = 10;

/** @param budget of labels, 1 or more @param seed gives the same plan for the same rows */
export function planLabels(rows: PlannableRows, budget: number, seed: number): LabelPlan {
  return labelPlans(rows, budget)(seed);
}

/** Plans of the same rows by seed: only the draw differs. */
export function labelPlans(rows: PlannableRows, budget: number): (seed: number) => LabelPlan {
  const segments = [...groupedBy(unitsOf(rows), ({ row }) => rows.segments?.[row] ?? '')].sort(byName);
  // The square root of their rows: small segments get more than their share (M. D. Bankier, JASA 83, 1988).
  const wanted = segments.map(([, units]) => ({ ...sums(units), spread: Math.sqrt(sums(units).rows) }));
  const budgets = shared(budget, wanted);
  const cut = segments.flatMap(([segment, units], s) => strataOf(segment, units, rows, budgets[s]!));
  const drawn = cut.map(({ units, labels }) => certainFirst(units, labels, rows.clusters));
  const strata = cut.map(({ name, units, labels }) => ({ name, rows: sums(units).rows, labels }));
  return (seed) => {
    const random = Random.stream(seed, rows.units.length);
    const labels = drawn.flatMap((units, stratum) => {
      return chosenUnits(units, random).map((chosen) => ({ ...chosen, stratum }));
    });
    return { labels: interleaved({ labels, strata }, random), strata };
  };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function unitsOf({ units, rates }: PlannableRows): Unit[] {
  const found = new Map<number, Unit>();
  for (let row = 0; row < units.length; row++) {
    const unit = found.get(units[row]!) ?? { row, rows: [], spread: 0 };
    unit.rows.push(row);
    unit.spread += Math.sqrt(Math.max(0, rates[row]! * (1 - rates[row]!)));
    found.set(units[row]!, unit);
  }
  return [...found.values()];
}

interface Sums {
  rows: number;
  units: number;
  spread: number;
}

function sums(units: readonly Unit[]): Sums {
  const total = { rows: 0, units: units.length, spread: 0 };
  for (const { rows, spread } of units) {
    total.rows += rows.length;
    total.spread += spread;
  }
  return total;
}

/** Labels of each part: as its spread says, at least half of what its rows say, no more than its units. */
function shared(budget: number, parts: readonly Sums[]): number[] {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const most = parts.map(({ units }) => units);
  const least = parts.map((part) => Math.min(part.units, Math.max(1, (budget * part.rows) / rows / 2)));
  const at = (scale: number) => parts.map(({ spread }, i) => Math.min(most[i]!, Math.max(least[i]!, scale * spread)));
  const total = (shares: readonly number[]) => shares.reduce((sum, share) => sum + share, 0);
  let [low, high] = [0, 1e9];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (total(at(middle)) < budget) low = middle;
    else high = middle;
  }
  return rounded(at(high), Math.min(budget, total(most)));
}

/** Whole numbers of 1 or more with this sum, by largest remainder. */
function rounded(shares: readonly number[], sum: number): number[] {
  const whole = shares.map((share) => Math.max(1, Math.floor(share + 1e-9)));
  const byRemainder = [...shares.keys()].sort((a, b) => shares[b]! - whole[b]! - (shares[a]! - whole[a]!));
  let missing = sum - whole.reduce((total, share) => total + share, 0);
  for (const i of byRemainder) if (missing-- > 0) whole[i]!++;
  return whole;
}

function strataOf(segment: string, units: readonly Unit[], { confidence }: PlannableRows, budget: number) {
  const count = Math.min(MOST_STRATA, Math.max(1, Math.round(budget / LABELS_EACH)), units.length);
  const ascending = [...units].sort((a, b) => confidence[a.row]! - confidence[b.row]! || a.row - b.row);
  const { spread: whole } = sums(units);
  const cut: Unit[][] = Array.from({ length: count }, () => []);
  let spread = 0;
  for (const [i, unit] of ascending.entries()) {
    const place = whole > 0 ? spread / whole : i / ascending.length;
    cut[Math.min(count - 1, Math.floor(count * place))]!.push(unit);
    spread += unit.spread;
  }
  const filled = cut.filter((part) => part.length > 0);
  const labels = shared(budget, filled.map(sums));
  return filled.map((part, i) => ({ name: nameOf(segment, part, confidence), units: part, labels: labels[i]! }));
}

function nameOf(segment: string, units: readonly Unit[], confidence: ArrayLike<number>): string {
  const [low, high] = [units[0]!, units.at(-1)!].map(({ row }) => confidence[row]!.toFixed(4));
  return `${segment === '' ? '' : `${segment} `}confidence ${low} to ${high}`;
}

interface DrawnUnits {
  certain: readonly Unit[];
  /** By cluster. */
  rest: readonly (readonly Unit[])[];
  /** So many of the rest are drawn. */
  left: number;
}

/** Units that are larger than a step are taken for certain. */
function certainFirst(units: readonly Unit[], labels: number, clusters: ArrayLike<number>): DrawnUnits {
  let rest = units;
  const certain = new Set<Unit>();
  for (;;) {
    const left = labels - certain.size;
    const step = sums(rest).rows / Math.max(1, left);
    const large = rest.filter(({ rows }) => rows.length >= step).slice(0, left);
    if (large.length === 0) {
      const byCluster = [...groupedBy(rest, ({ row }) => clusters[row]!)].sort(([a], [b]) => a - b);
      return { certain: [...certain], rest: byCluster.map(([, own]) => own), left };
    }
    for (const unit of large) certain.add(unit);
    rest = rest.filter((unit) => !certain.has(unit));
  }
}

/** Each unit with a chance by its rows: neighbours, two at a time, decide which of them keeps what chance they have. */
function chosenUnits({ certain, rest, left }: DrawnUnits, random: Random): { row: number; probability: number }[] {
  const rowOf = ({ rows }: Unit) => rows[random.below(rows.length)]!;
  const chosen = certain.map((unit) => ({ row: rowOf(unit), probability: 1 / unit.rows.length }));
  const mixed = left > 0 ? rest.flatMap((units) => shuffled(units, random)) : [];
  const { rows } = sums(mixed);
  const take = (unit: Unit) => chosen.push({ row: rowOf(unit), probability: left / rows });
  let open = { unit: mixed[0], chance: 0 };
  for (const unit of mixed) {
    const chance = (left * unit.rows.length) / rows;
    const both = open.chance + chance;
    const isFull = both >= 1 - 1e-9;
    // One is settled: left out, or where their chances are more than one, chosen.
    const settlesOpen = random.uniform() * (isFull ? 2 - both : both) < (isFull ? 1 - chance : chance);
    const [settled, other] = settlesOpen ? [open.unit!, unit] : [unit, open.unit!];
    if (isFull) take(settled);
    open = { unit: other, chance: isFull ? both - 1 : both };
  }
  return chosen;
}

function shuffled(units: readonly Unit[], random: Random): Unit[] {
  return Array.from(random.shuffle(Uint32Array.from(units.keys())), (i) => units[i]!);
}

function interleaved({ labels, strata }: LabelPlan, random: Random): PlannedLabel[] {
  const order = random.shuffle(Uint32Array.from(labels.keys()));
  const seen = strata.map(() => 0);
  const places = Array.from(order, (index) => {
    const { stratum } = labels[index]!;
    return { index, place: (seen[stratum]!++ + random.uniform()) / strata[stratum]!.labels };
  });
  return places.sort((a, b) => a.place - b.place).map(({ index }) => labels[index]!);
}
