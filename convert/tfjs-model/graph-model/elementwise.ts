/** Functions of a graph model that are computed value by value, reductions, and what stands for nothing at inference. */
import { POINTWISE } from '../../../graph/index.js';
import { NotSupported } from '../../onnx/importing/value.js';
import { clipped, combined, passed, pointwise, reduced, selu, softmaxed } from '../writing/combining.js';
import type { TfValue } from '../writing/writer.js';
import { booleanOf, typeOf } from './graph-def.js';
import type { NodeCall, Translation, Translations } from './node-call.js';

function unary(op: string): Translation {
  return (call) => pointwise(call, op, call.input(0));
}

function binary(op: string): Translation {
  return (call) => combined(call, op, call.input(0), call.input(1));
}

/** `(x − y)²` */
function squaredDifference(call: NodeCall): TfValue {
  const difference = combined(call, 'Sub', call.input(0), call.input(1));
  return combined(call, 'Mul', difference, difference);
}

function square(call: NodeCall): TfValue {
  return combined(call, 'Mul', call.input(0), call.input(0));
}

function inverseRoot(call: NodeCall): TfValue {
  return pointwise(call, 'Reciprocal', pointwise(call, 'Sqrt', call.input(0)));
}

function reduction(op: string): Translation {
  return (call) => {
    const keeps = booleanOf(call.definition, 'keep_dims', booleanOf(call.definition, 'keepdims', false));
    return reduced(call, op, call.input(0), call.numbers(1), keeps);
  };
}

const ONNX_TYPES: Readonly<Record<string, number>> = { DT_FLOAT: 1, DT_HALF: 1, DT_INT32: 6, DT_INT64: 7, DT_BOOL: 9 };

function cast(call: NodeCall): TfValue {
  const type = typeOf(call.definition, 'DstT') ?? 'DT_FLOAT';
  const to = ONNX_TYPES[type];
  if (to === undefined) throw new NotSupported(`it casts to ${type}`);
  const x = call.input(0);
  return { ...x, name: call.node('Cast', [x.name], { to }) };
}

function clip(call: NodeCall): TfValue {
  const x = call.input(0);
  const limits = [call.input(1), call.input(2)].map(({ name }) => name);
  return { ...x, name: call.node('Clip', [x.name, ...limits]), flattened: undefined };
}

const pass: Translation = (call) => passed(call, call.input(0));

/** The functions of the graph that TensorFlow has. */
const functions = Object.fromEntries(
  Object.values(POINTWISE).flatMap(({ tf, onnx }) => (tf && onnx ? [[tf, unary(onnx.op)] as const] : [])),
);

export const elementwise: Translations = {
  ...functions,
  Add: binary('Add'),
  AddV2: binary('Add'),
  Cast: cast,
  ClipByValue: clip,
  Div: binary('Div'),
  Identity: pass,
  Inv: unary('Reciprocal'),
  LogSoftmax: (call) => softmaxed(call, 'LogSoftmax', call.input(0), -1),
  Max: reduction('ReduceMax'),
  Maximum: binary('Max'),
  Mean: reduction('ReduceMean'),
  Min: reduction('ReduceMin'),
  Minimum: binary('Min'),
  Mul: binary('Mul'),
  Pow: binary('Pow'),
  PreventGradient: pass,
  Prod: reduction('ReduceProd'),
  RealDiv: binary('Div'),
  Relu: unary('Relu'),
  Relu6: (call) => clipped(call, call.input(0), 0, 6),
  Rsqrt: inverseRoot,
  Selu: (call) => selu(call, call.input(0)),
  Snapshot: pass,
  Softmax: (call) => softmaxed(call, 'Softmax', call.input(0), -1),
  Square: square,
  SquaredDifference: squaredDifference,
  StopGradient: pass,
  Sub: binary('Sub'),
  Sum: reduction('ReduceSum'),
};
