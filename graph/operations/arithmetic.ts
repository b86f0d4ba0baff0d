/** `a - b`, `a * b`, `a / b`, `a ** b`, `torch.maximum`, `torch.minimum`, `gate`; sizes fit as in `add.ts`, `a + b`. */
import { pow as power } from '../../base/math/index.js';
import type { ModuleScope, Value } from './layer.js';
import { type OnnxNode, OnnxParts, type OnnxPlace, operator } from './onnx-form.js';
import { broadcastShape, generate, Misfit, type Operation, reader, type Values } from './operation.js';

export type Arithmetic = 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum' | 'gate';

type Formula = (a: number, b: number) => number;

export const sub = arithmetic('sub', 'Sub', (a, b) => a - b);
export const mul = arithmetic('mul', 'Mul', (a, b) => a * b);
export const div = arithmetic('div', 'Div', (a, b) => a / b);
export const pow = arithmetic('pow', 'Pow', power);
export const maximum = arithmetic('maximum', 'Max', Math.max);
export const minimum = arithmetic('minimum', 'Min', Math.min);
/** `a` where `b` is above 0, otherwise `b`. No value that is not taken, infinite or no number, is computed with. */
export const gate: Operation<'gate'> = {
  ...arithmetic('gate', '', (a, b) => (b > 0 ? a : b)),
  onnx: gateInOnnx,
};

function gateInOnnx({ name, inputs: [a, b], constants }: OnnxPlace): OnnxNode[] {
  const parts = new OnnxParts({ name });
  return parts.end('Where', [parts.add('open', 'Greater', [b!, constants.scalar(0)]), a, b!]);
}

function arithmetic<Name extends Arithmetic>(op: Name, onnx: string, formula: Formula): Operation<Name> {
  return {
    op,
    outputShape(inputs) {
      if (inputs.length !== 2) throw new Misfit(`it has ${inputs.length} inputs, 2 are needed`);
      return broadcastShape(inputs);
    },
    reference: ([a, b]) => combine(a!, b!, formula),
    onnx: (place) => operator(place, onnx),
  };
}

/** One value for each pair, with repeated axes. */
export function combine(a: Values, b: Values, formula: Formula): Values {
  if (a.shape.join() === b.shape.join()) {
    return { shape: a.shape, data: a.data.map((value, i) => formula(value, b.data[i]!)) };
  }
  const [left, right] = [reader(a), reader(b)];
  return generate(broadcastShape([a.shape, b.shape]), (index) => formula(left(index), right(index)));
}

export function multiply(module: ModuleScope, a: Value, b: Value): Value {
  return module.functional('mul', mul, null, [a, b], a);
}

export function divide(module: ModuleScope, a: Value, b: Value): Value {
  return module.functional('div', div, null, [a, b], a);
}
