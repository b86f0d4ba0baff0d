/** Functions of one value, arithmetic of two, and comparisons. */
import { POINTWISE, POINTWISE_FUNCTIONS } from '../../../graph/index.js';
import { NotSupported } from '../../onnx/importing/value.js';
import { type Call, OWN_DOMAIN, operator, type Translation, type Translations } from './call.js';

/** `self ± alpha·other` */
function sum(op: 'Add' | 'Sub'): Translation {
  return (call) => {
    if (['self', 'other'].every((name) => call.typeOf(name) === TRUTH_TYPE))
      throw new NotSupported('it adds truth values');
    return call.node(op, [call.operand('self'), scaled(call, call.operand('other'), 'alpha')]);
  };
}

function scaled(call: Call, value: string, factor: string): string {
  return call.number(factor, 1) === 1 ? value : call.node('Mul', [value, call.scalar(factor)]);
}

function reversedDifference(call: Call): string {
  return call.node('Sub', [call.operand('other'), scaled(call, call.tensor('self'), 'alpha')]);
}

/** `ScalarType`: truth values, float32, and the whole numbers. */
const TRUTH_TYPE = 12;
const FLOAT_TYPE = 7;
const WHOLE_TYPES: readonly number[] = [1, 2, 3, 4, 5, 12];

/** The quotient of whole numbers is a float; rounded down, it is a whole number again. */
function quotient(call: Call): string {
  const mode = call.string('rounding_mode', 'none');
  if (mode !== 'none' && mode !== 'floor') throw new NotSupported(`its rounding is ${mode}`);
  const isWhole = WHOLE_TYPES.includes(call.typeOf('self') ?? FLOAT_TYPE);
  const self = call.operand('self');
  const divided = call.node('Div', [isWhole ? call.node('Cast', [self], { to: 1 }) : self, call.operand('other')]);
  if (mode === 'none') return divided;
  const floor = call.node('Floor', [divided]);
  return isWhole ? call.node('Cast', [floor], { to: 7 }) : floor;
}

function clamp(call: Call): string {
  const limit = (name: string) => (call.isLeftOut(name) ? '' : call.float(call.number(name)));
  return call.node('Clip', [call.tensor('self'), limit('min'), limit('max')]);
}

function between(low: number, high: number): Translation {
  return (call) =>
    call.node('Clip', [
      call.tensor('self'),
      call.float(call.number('min_val', low)),
      call.float(call.number('max_val', high)),
    ]);
}

function elu(call: Call): string {
  const isPlain = call.number('scale', 1) === 1 && call.number('input_scale', 1) === 1;
  if (!isPlain) throw new NotSupported('it scales its input or its output');
  return call.node('Elu', [call.tensor('self')], { alpha: { float: call.number('alpha', 1) } });
}

function softplus(call: Call): string {
  const [beta, threshold] = [call.number('beta', 1), call.number('threshold', 20)];
  const x = call.tensor('self');
  if (beta === 1 && threshold === 20) return call.node('Softplus', [x]);
  const scaled = call.node('Mul', [x, call.float(beta)]);
  const bent = call.node('Div', [call.node('Softplus', [scaled]), call.float(beta)]);
  return call.node('Where', [call.node('Greater', [scaled, call.float(threshold)]), x, bent]);
}

/** `log(σ(x))`, where σ(x) may be too small for a float. */
function logSigmoid(call: Call): string {
  return call.node('Neg', [call.node('Softplus', [call.node('Neg', [call.tensor('self')])])]);
}

function hardShrink(call: Call): string {
  const x = call.tensor('self');
  const isSmall = call.node('LessOrEqual', [call.node('Abs', [x]), call.float(call.number('lambd', 0.5))]);
  return call.node('Where', [isSmall, call.float(0), x]);
}

function softShrink(call: Call): string {
  const x = call.tensor('self');
  const limit = call.number('lambd', 0.5);
  return call.node('Sub', [x, call.node('Clip', [x, call.float(-limit), call.float(limit)])]);
}

/** Of truth values. */
function bitwise(op: string, inputs: string): Translation {
  return (call) => {
    if (call.typeOf('self') !== TRUTH_TYPE) throw new NotSupported('it works on bits');
    return operator(op, inputs)(call);
  };
}

function reciprocalRoot(call: Call): string {
  return call.node('Reciprocal', [call.node('Sqrt', [call.tensor('self')])]);
}

/** One slope, or one for each channel, which ONNX has with the axes behind it. */
function prelu(call: Call): string {
  const slopes = call.tensor('weight');
  const [count = null] = call.dims('weight');
  if (count === 1 || call.rank('self') < 3) return call.node('PRelu', [call.tensor('self'), slopes]);
  const behind = new Array<number>(call.rank('self') - 2).fill(1);
  return call.node('PRelu', [call.tensor('self'), call.node('Reshape', [slopes, call.integers([-1, ...behind])])]);
}

/** `self + value·tensor1·tensor2` */
function addProduct(call: Call): string {
  const product = call.node('Mul', [call.tensor('tensor1'), call.tensor('tensor2')]);
  return call.node('Add', [call.tensor('self'), scaled(call, product, 'value')]);
}

/** The functions of the graph, which have ATen's names: the operator of ONNX, or one of our own. */
const functions = Object.fromEntries(
  POINTWISE_FUNCTIONS.map((name): [string, Translation] => {
    const { onnx, defaults = {} } = POINTWISE[name];
    const names = Object.entries(defaults);
    const attributesOf = (call: Call) =>
      Object.fromEntries(names.map(([key, value]) => [key, { float: call.number(key, value) }]));
    return [name, (call) => call.node(onnx?.op ?? `${OWN_DOMAIN}.${name}`, [call.tensor('self')], attributesOf(call))];
  }),
);

export const elementwise: Translations = {
  ...functions,
  __and__: bitwise('And', '=self =other'),
  __or__: bitwise('Or', '=self =other'),
  __xor__: bitwise('Xor', '=self =other'),
  add: sum('Add'),
  addcmul: addProduct,
  bitwise_and: bitwise('And', '=self =other'),
  bitwise_not: bitwise('Not', 'self'),
  bitwise_or: bitwise('Or', '=self =other'),
  bitwise_xor: bitwise('Xor', '=self =other'),
  clamp,
  clamp_max: clamp,
  clamp_min: clamp,
  clip: clamp,
  div: quotient,
  elu,
  eq: operator('Equal', '=self =other'),
  ge: operator('GreaterOrEqual', '=self =other'),
  gelu: operator('Gelu', 'self', (call) => ({ approximate: call.string('approximate', 'none') })),
  gt: operator('Greater', '=self =other'),
  hardshrink: hardShrink,
  hardtanh: between(-1, 1),
  le: operator('LessOrEqual', '=self =other'),
  leaky_relu: operator('LeakyRelu', 'self', (call) => ({ alpha: { float: call.number('negative_slope', 0.01) } })),
  log_sigmoid: logSigmoid,
  logical_and: operator('And', '=self =other'),
  logical_not: operator('Not', 'self'),
  logical_or: operator('Or', '=self =other'),
  logical_xor: operator('Xor', '=self =other'),
  lt: operator('Less', '=self =other'),
  masked_fill: operator('Where', 'mask =value self'),
  maximum: operator('Max', '=self =other'),
  minimum: operator('Min', '=self =other'),
  mul: operator('Mul', '=self =other'),
  multiply: operator('Mul', '=self =other'),
  ne: (call) => call.node('Not', [call.node('Equal', [call.operand('self'), call.operand('other')])]),
  pow: operator('Pow', '=self =exponent'),
  prelu,
  relu: operator('Relu', 'self'),
  relu6: between(0, 6),
  rsqrt: reciprocalRoot,
  rsub: reversedDifference,
  softplus,
  softshrink: softShrink,
  square: operator('Mul', 'self self'),
  sub: sum('Sub'),
  where: operator('Where', 'condition =self =other'),
};

export const sizeOperators: Translations = {
  '_operator.add': operator('Add', '=a =b'),
  '_operator.sub': operator('Sub', '=a =b'),
  '_operator.mul': operator('Mul', '=a =b'),
  '_operator.floordiv': operator('Div', '=a =b'),
  '_operator.mod': operator('Mod', '=a =b'),
};
