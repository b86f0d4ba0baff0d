/** Functions value by value, most of them two values at a time. */
import {
  cosine,
  errorFunction,
  exponentialMinus1,
  hyperbolicTangent,
  logarithm,
  power,
  sine,
  softplus,
} from '../../../printing/assembly/functions';
import { exponentials, gated } from '../../../printing/assembly/vectors';
import { word } from '../../../printing/assembly/word';
import {
  ABS,
  CEIL,
  CELU,
  COS,
  ELU,
  ERF,
  EXP,
  FLOOR,
  GELU_TANH,
  HARDSIGMOID,
  LOG,
  MISH,
  NEG,
  PAIRED_BITS,
  POINTWISE_UNIT,
  Pointwise,
  RECIPROCAL,
  ROUND,
  RSQRT,
  SELU,
  SIGN,
  SIN,
  SOFTPLUS,
  SOFTSIGN,
  SQRT,
} from './words';

const SELU_SCALE: f64 = 1.0507009873554805;
const SELU_ALPHA: f64 = 1.6732632423543772;
const GELU_SLOPE: f64 = 0.7978845608028654;

export function pointwise(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const inputs = arena + word(params, Pointwise.inputOffset);
  const outputs = arena + word(params, Pointwise.outputOffset);
  const end = min(<usize>to * POINTWISE_UNIT, word(params, Pointwise.floats)) << 2;
  const name = word(params, Pointwise.formula);
  const at = word(params, Pointwise.argumentsAt);
  const a = load<f64>(at);
  const b = load<f64>(at, 8);
  let i = (<usize>from * POINTWISE_UNIT) << 2;
  if (isOfPairs(name)) {
    for (; i < end; i += 16) {
      const four = v128.load(inputs + i);
      const low = f64x2.promote_low_f32x4(four);
      const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(four, four, 2, 3, 0, 1));
      const lows = f32x4.demote_f64x2_zero(pairOf(name, low, a, b));
      const highs = f32x4.demote_f64x2_zero(pairOf(name, high, a, b));
      v128.store(outputs + i, v128.shuffle<i32>(lows, highs, 0, 1, 4, 5));
    }
  }
  for (; i < end; i += 4) store<f32>(outputs + i, <f32>result(name, <f64>load<f32>(inputs + i), a));
}

/** The functions that `pairOf` computes. The same as `PAIRED` in `words.ts`. */
function isOfPairs(name: usize): bool {
  return ((PAIRED_BITS >> name) & 1) !== 0;
}

function pairOf(name: usize, x: v128, a: f64, b: f64): v128 {
  switch (name) {
    case GELU_TANH: {
      const cube = f64x2.mul(f64x2.mul(x, x), f64x2.mul(x, f64x2.splat(0.044715)));
      return gated(x, f64x2.mul(f64x2.splat(2 * GELU_SLOPE), f64x2.add(x, cube)));
    }
    case HARDSIGMOID:
      return limited(f64x2.add(f64x2.mul(f64x2.splat(a), x), f64x2.splat(b)), 0, 1);
    case EXP:
      return exponentials(x);
    case SQRT:
      return f64x2.sqrt(x);
    case RSQRT:
      return f64x2.div(f64x2.splat(1), f64x2.sqrt(x));
    case RECIPROCAL:
      return f64x2.div(f64x2.splat(1), x);
    case ABS:
      return f64x2.abs(x);
    case NEG:
      return f64x2.neg(x);
    default:
      return limited(x, a, b);
  }
}

function limited(x: v128, low: f64, high: f64): v128 {
  return f64x2.min(f64x2.max(x, f64x2.splat(low)), f64x2.splat(high));
}

function result(name: usize, x: f64, a: f64): f64 {
  switch (name) {
    case ELU:
      return x < 0 ? a * exponentialMinus1(x) : x;
    case CELU:
      return x < 0 ? a * exponentialMinus1(x / a) : x;
    case SELU:
      return SELU_SCALE * (x < 0 ? SELU_ALPHA * exponentialMinus1(x) : x);
    case MISH:
      return x * hyperbolicTangent(softplus(x));
    case SOFTPLUS:
      return softplus(x);
    case SOFTSIGN:
      return x / (1 + abs(x));
    case ERF:
      return errorFunction(x);
    case LOG:
      return logarithm(x);
    case SIGN:
      return x === 0 || Number.isNaN(x) ? x : copysign(1, x);
    case FLOOR:
      return floor(x);
    case CEIL:
      return ceil(x);
    case ROUND:
      return nearest(x);
    case SIN:
      return sine(x);
    case COS:
      return cosine(x);
    default:
      return power(x, a);
  }
}
