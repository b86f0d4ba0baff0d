/**
 * Activations in float32, eight values at a time. The exponential is that of Cephes (`expf`, S. Moshier). Where an
 * exponent is itself a product, it is kept in two floats: an error in an exponent is one of the result, times its size.
 */
import { binaryExponent } from '../../../../../base/math/index.js';
import {
  type Expression,
  gateOf,
  interpret,
  type Leaf,
  POINTWISE,
  type PointwiseFunction,
  type PrimitiveTable,
} from '../../../../../graph/index.js';
import { type Eight, EightFloats } from '../../printing/eight-floats.js';
import { type Arithmetic, SHIFT } from '../../printing/text.js';

/** The lines that compute a function of `x0` and `x1`, its result, and the numbers that it needs. */
export function float32(name: PointwiseFunction, arithmetic: Arithmetic) {
  const e = new EightFloats(arithmetic, 1);
  const x: Eight = (half) => `x${half}`;
  const leaf = (value: Leaf) => (value === 'x' ? x : e.number(value));
  const whole = (expression: Expression, inner: (part: Expression) => Eight) => {
    const gate = gateOf(expression);
    return gate === null ? null : gated(e, inner(gate.x), exponentOf(e, gate.y, inner));
  };
  const result = name === 'gelu' ? gelu(e, x) : interpret(POINTWISE[name].is, leaf, primitives(e), whole);
  return { lines: e.lines, result, entries: e.entries };
}

/** From what lies at `from` to what lies from `to` to `stop`. */
export function printFloat32(name: PointwiseFunction, arithmetic: Arithmetic): string {
  const { lines, result } = float32(name, arithmetic);
  return `function ${name}_32(numbers: usize, from: usize, to: usize, stop: usize): void {
  numbers -= ${SHIFT};
  from -= ${SHIFT};
  to -= ${SHIFT};
  stop -= ${SHIFT};
  while (to < stop) {
    const x0 = v128.load(from, ${SHIFT});
    const x1 = v128.load(from, ${SHIFT + 16});
    ${lines.join('\n    ')}
    v128.store(to, ${result(0)}, ${SHIFT});
    v128.store(to, ${result(1)}, ${SHIFT + 16});
    from += 32;
    to += 32;
  }
}
`;
}

/** The primitives that functions in float32 have. */
function primitives(e: EightFloats): PrimitiveTable<Eight> {
  const table: Partial<PrimitiveTable<Eight>> = {
    add: (a, b) => e.add(a, b),
    mul: (a, b) => e.mul(a, b),
    div: (a, b) => e.div(a, b),
    clamp: (x, low, high) => e.smaller(e.larger(x, low), high),
    belowZero: (x, a, b) => e.where(x, e.number(0), a, b),
    abs: (x) => e.abs(x),
    sigmoid: (x) => gated(e, e.number(1), { high: e.limited(x, LEAST, MOST), low: null }),
    tanh: (x) => hyperbolicTangent(e, x),
  };
  return table as PrimitiveTable<Eight>;
}

/** The lines that compute `e^−x` of so many eights, `x0`, `x1` and so on, which are 0 or more. */
export function decay(arithmetic: Arithmetic, eights: number) {
  const e = new EightFloats(arithmetic, eights);
  const { shifted, r } = reduced(e, { high: e.atMost((half) => `x${half}`, MOST), low: null });
  const result = e.mul(e.polynomial([...DECAY, -1, 1], r), e.asExponent(shifted));
  return { lines: e.lines, result, entries: e.entries };
}

/** `e^−x` is a normal float32 from here to there. */
const LEAST = -88;
const MOST = 87.3;
/** 1.5·2²³, which leaves whole numbers in the last bits, and the bias of the exponent. */
const WHOLE = 12_582_912 + 127;
/** ln 2 in two parts, the first of 9 bits. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
/** `(e^−x − 1 + x)/x²`. */
const EXPONENTIAL = [
  -1.98756915e-4, 1.3981999507e-3, -8.3334519073e-3, 4.1665795894e-2, -1.6666665459e-1, 5.0000001201e-1,
];
/** The same with fewer factors: within 4.5e-9 of `e^−x`, and so within a tenth of a unit in the last place. */
const DECAY = [
  1.3814547564834356e-3, -8.368747308850288e-3, 4.166838899254799e-2, -1.666651964187622e-1, 4.999999403953552e-1,
];
/** The upper 12 bits of a mantissa: a product of two such floats is exact. */
const UPPER = { bits: ~0xfff };

/** A sum of two floats, the second much smaller; null if it is 0. */
interface Sum {
  high: Eight;
  low: Eight | null;
}

/** `e^−x` as `power·(1 + rest)`. */
function exponential(e: EightFloats, x: Sum): { power: Eight; rest: Eight } {
  const { shifted, r } = reduced(e, x);
  const rest = e.sub(e.mul(e.polynomial(EXPONENTIAL, r), e.mul(r, r)), r);
  return { power: e.asExponent(shifted), rest };
}

/** `x = r − n·ln 2` with the smallest r. `shifted` has n and the bias of an exponent in its last bits. */
function reduced(e: EightFloats, { high, low }: Sum): { shifted: Eight; r: Eight } {
  const shifted = e.madd(high, e.number(-Math.LOG2E), e.number(WHOLE));
  const n = e.sub(shifted, e.number(WHOLE));
  const near = e.madd(n, e.number(LN2_HIGH), high);
  const r = low === null ? e.madd(n, e.number(LN2_LOW), near) : e.add(near, e.madd(n, e.number(LN2_LOW), low));
  return { shifted, r };
}

/** `x/(1 + e^−y)`. */
function gated(e: EightFloats, x: Eight, y: Sum): Eight {
  const { power, rest } = exponential(e, y);
  // 1 + power is rounded only where it is large.
  return e.div(x, e.madd(power, rest, e.add(power, e.number(1))));
}

/** The exponent of a gate. A product with a number is kept in two floats. */
function exponentOf(e: EightFloats, y: Expression, inner: (part: Expression) => Eight): Sum {
  if (typeof y === 'object' && y.op === 'mul' && typeof y.operands[1] === 'number') {
    const [x, factor] = y.operands as [Expression, number];
    return times(e, e.limited(inner(x), LEAST / factor, MOST / factor), factor);
  }
  return { high: e.limited(inner(y), LEAST, MOST), low: null };
}

function times(e: EightFloats, x: Eight, factor: number): Sum {
  // Its upper 11 bits, so that the product with those of x is exact.
  const unit = 2 ** (binaryExponent(factor) - 10);
  const high = Math.trunc(factor / unit) * unit;
  const upper = e.and(x, e.number(UPPER));
  const lower = e.sub(x, upper);
  const low = e.madd(x, e.number(factor - high), e.mul(lower, e.number(high)));
  return { high: e.mul(upper, e.number(high)), low };
}

/** Beyond this, `e^(−y²/2)` is not normal, and the result is as good as 0. */
const MOST_GELU = 13.2;
/** `(Φ(x) − 1/2)/x` as a polynomial of x², for |x| up to 1. */
const NEAR = [
  -7.622314569744049e-6, 1.1341338540660217e-4, -1.1862721294164658e-3, 9.973305277526379e-3, -6.649035960435867e-2,
  0.3989422917366028,
];
/** `Φ(−y)·e^(y²/2)/t` for y from 1 on, as a polynomial of t − 0.52, where `t = 1/(1 + y/4)`. */
const FAR = [
  -0.04569540172815323, -0.06067701801657677, 0.05295036360621452, 0.24715958535671234, 0.39260759949684143,
  0.4101063013076782, 0.31988921761512756, 0.19505812227725983,
];
const FAR_CENTRE = 0.52;

/** `x·Φ(x)`. */
function gelu(e: EightFloats, x: Eight): Eight {
  const y = e.limited(e.abs(x), 0, MOST_GELU);
  const upper = e.and(y, e.number(UPPER));
  const half = e.number(1 / 2);
  const square: Sum = {
    high: e.mul(upper, e.mul(upper, half)),
    low: e.mul(e.mul(e.add(y, upper), half), e.sub(y, upper)),
  };
  const { power, rest } = exponential(e, square);
  const t = e.div(e.number(1), e.madd(y, e.number(1 / 4), e.number(1)));
  const quotient = e.mul(t, e.polynomial(FAR, e.sub(t, e.number(FAR_CENTRE))));
  const tail = e.mul(e.madd(power, rest, power), quotient);
  const far = e.where(x, e.number(0), tail, e.sub(e.number(1), tail));
  const near = e.madd(x, e.polynomial(NEAR, e.mul(x, x)), half);
  return e.mul(x, e.where(y, e.number(1), near, far));
}

/** The hyperbolic tangent is 1 as a float32 from here on. */
const MOST_TANH = 9.1;

/** `m/(m + 2)`, where `m = e^(2x) − 1`. */
function hyperbolicTangent(e: EightFloats, x: Eight): Eight {
  const twice = e.mul(e.limited(x, -MOST_TANH, MOST_TANH), e.number(-2));
  const { power, rest } = exponential(e, { high: twice, low: null });
  const m = e.madd(power, rest, e.sub(power, e.number(1)));
  return e.div(m, e.add(m, e.number(2)));
}
