/** Prints `pointwise`: a loop for each function. */
import { POINTWISE, POINTWISE_FUNCTIONS } from '../../../../../graph/index.js';
import type { Arithmetic, PrintKernels } from '../../printing/text.js';
import { printFloat32 } from './float32.js';
import { printFloat64 } from './float64.js';
import { FUNCTION_UNIT } from './plan.js';

export const print: PrintKernels = (tileRows, arithmetic) => [
  { file: 'pointwise', text: printPointwise(tileRows, arithmetic), exports: ['pointwise'] },
];

function printPointwise(tileRows: number, arithmetic: Arithmetic): string {
  return `import {
  cosine, errorFunction, exponential, exponentialMinus1, hyperbolicTangent, logarithm, power, sigmoid, signOf, sine, softplus,
} from '../../../printing/assembly/functions';
import { exponentials, gated } from '../../../printing/assembly/vectors';
import { word } from '../../../printing/assembly/word';
import { Pointwise } from './words';

export function pointwise_${tileRows}x16(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const start = <usize>from * ${4 * FUNCTION_UNIT};
  const end = min(<usize>to * ${4 * FUNCTION_UNIT}, word(params, Pointwise.floats) << 2);
  const numbers = word(params, Pointwise.numbersAt);
  const input = arena + word(params, Pointwise.inputOffset) + start;
  const output = arena + word(params, Pointwise.outputOffset);
  switch (word(params, Pointwise.formula)) {
${POINTWISE_FUNCTIONS.map(
  (name, i) => `    case ${i}:
      ${name}_${POINTWISE[name].inFloat32 ? 32 : 64}(numbers, input, output + start, output + end);
      break;`,
).join('\n')}
  }
}

${POINTWISE_FUNCTIONS.map((name) => (POINTWISE[name].inFloat32 ? printFloat32(name, arithmetic) : printFloat64(name))).join('\n')}`;
}
