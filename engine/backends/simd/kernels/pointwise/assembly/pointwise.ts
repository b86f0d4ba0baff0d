/** Functions value by value, in float64. */
import {
  cosine,
  errorFunction,
  exponential,
  exponentialMinus1,
  hyperbolicTangent,
  logarithm,
  power,
  sigmoid,
  sine,
  softplus,
} from '../../../printing/assembly/functions';
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
  GELU,
  GELU_TANH,
  HARDSIGMOID,
  HARDSWISH,
  LEAKY_RELU,
  LOG,
  MISH,
  NEG,
  POINTWISE_UNIT,
  POWER,
  Pointwise,
  QUICK_GELU,
  RECIPROCAL,
  ROUND,
  RSQRT,
  SELU,
  SIGMOID,
  SIGN,
  SILU,
  SIN,
  SOFTPLUS,
  SOFTSIGN,
  SQRT,
  TANH,
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
  for (let i = (<usize>from * POINTWISE_UNIT) << 2; i < end; i += 4) {
    store<f32>(outputs + i, <f32>result(name, <f64>load<f32>(inputs + i), a, b));
  }
}

function result(name: usize, x: f64, a: f64, b: f64): f64 {
  switch (name) {
    case LEAKY_RELU:
      return x < 0 ? a * x : x;
    case ELU:
      return x < 0 ? a * exponentialMinus1(x) : x;
    case CELU:
      return x < 0 ? a * exponentialMinus1(x / a) : x;
    case SELU:
      return SELU_SCALE * (x < 0 ? SELU_ALPHA * exponentialMinus1(x) : x);
    case GELU:
      return (x / 2) * (1 + errorFunction(x * Math.SQRT1_2));
    case GELU_TANH:
      return (x / 2) * (1 + hyperbolicTangent(GELU_SLOPE * (x + 0.044715 * x * x * x)));
    case QUICK_GELU:
      return x * sigmoid(1.702 * x);
    case SILU:
      return x * sigmoid(x);
    case MISH:
      return x * hyperbolicTangent(softplus(x));
    case HARDSWISH:
      return (x * min(max(x + 3, 0), 6)) / 6;
    case HARDSIGMOID:
      return min(max(a * x + b, 0), 1);
    case SIGMOID:
      return sigmoid(x);
    case SOFTPLUS:
      return softplus(x);
    case SOFTSIGN:
      return x / (1 + abs(x));
    case TANH:
      return hyperbolicTangent(x);
    case ERF:
      return errorFunction(x);
    case EXP:
      return exponential(x);
    case LOG:
      return logarithm(x);
    case SQRT:
      return sqrt(x);
    case RSQRT:
      return 1 / sqrt(x);
    case RECIPROCAL:
      return 1 / x;
    case ABS:
      return abs(x);
    case NEG:
      return -x;
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
    case POWER:
      return power(x, a);
    default:
      return min(max(x, a), b);
  }
}
