/** How far a cause moves a set of images, by its strength: measured at a few strengths, a natural cubic spline between. */

export interface CauseCurve {
  /** Ascending; one alone is a cause that is there or not. */
  strengths: readonly number[];
  /** For each strength, `[features]`: the mean move of an image. */
  moves: readonly Float64Array[];
}

/** The strength at a position: 0 is the first of the list, 1½ the middle between the second and the third. */
export function strengthAt({ strengths }: Pick<CauseCurve, 'strengths'>, position: number): number {
  const low = Math.min(Math.floor(position), strengths.length - 2);
  if (strengths.length === 1) return strengths[0]!;
  return strengths[low]! + (position - low) * (strengths[low + 1]! - strengths[low]!);
}

/** A curve that can be asked for the move at any position. */
export class CauseSpline {
  readonly curve: CauseCurve;
  /** Second derivatives at the strengths. */
  readonly #bends: readonly Float64Array[];

  constructor(curve: CauseCurve) {
    this.curve = curve;
    this.#bends = secondDerivatives(curve.moves);
  }

  /** The position of the last strength. */
  get last(): number {
    return this.curve.strengths.length - 1;
  }

  moveAt(position: number): Float64Array {
    const { moves } = this.curve;
    if (moves.length === 1) return moves[0]!;
    const low = Math.min(Math.floor(position), moves.length - 2);
    const [right, left] = [position - low, 1 - (position - low)];
    const [a, b] = [(left ** 3 - left) / 6, (right ** 3 - right) / 6];
    const [from, to, bendFrom, bendTo] = [moves[low]!, moves[low + 1]!, this.#bends[low]!, this.#bends[low + 1]!];
    return from.map((value, i) => left * value + right * to[i]! + a * bendFrom[i]! + b * bendTo[i]!);
  }
}

/**
 * Those of the natural spline through values at 0, 1, 2, …: `b[i-1] + 4 b[i] + b[i+1] = 6 (y[i-1] - 2 y[i] + y[i+1])`, zero at
 * both ends, by elimination (C. de Boor, "A Practical Guide to Splines", chapter 4).
 */
function secondDerivatives(values: readonly Float64Array[]): Float64Array[] {
  const size = values[0]!.length;
  const bends = values.map(() => new Float64Array(size));
  const inner = values.length - 2;
  if (inner < 1) return bends;
  const pivots = new Float64Array(inner + 1);
  for (let i = 1; i <= inner; i++) {
    pivots[i] = i === 1 ? 4 : 4 - 1 / pivots[i - 1]!;
    for (let f = 0; f < size; f++) {
      const right = 6 * (values[i - 1]![f]! - 2 * values[i]![f]! + values[i + 1]![f]!);
      bends[i]![f] = right - (i === 1 ? 0 : bends[i - 1]![f]! / pivots[i - 1]!);
    }
  }
  for (let i = inner; i >= 1; i--) {
    for (let f = 0; f < size; f++) bends[i]![f] = (bends[i]![f]! - bends[i + 1]![f]!) / pivots[i]!;
  }
  return bends;
}
