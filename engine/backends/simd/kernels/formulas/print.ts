/** Prints `formula`, and `apply`, the loop over eight floats at a time for each function. */
import { type Arithmetic, SHIFT } from '../../printing/text.js';
import type { PrintKernels } from '../kernel.js';
import { FORMULA_NAMES, type FormulaName, formula } from './formulas.js';
import { FORMULA_UNIT } from './words.js';

export const print: PrintKernels = (tileRows, arithmetic) => [
  { file: 'formulas', text: printFormulas(tileRows, arithmetic), exports: ['formula'] },
];

function printFormulas(tileRows: number, arithmetic: Arithmetic): string {
  return `import { word } from '../../../printing/assembly/word';
import { Formula, ${FORMULA_NAMES.map((name) => name.toUpperCase()).join(', ')} } from './words';

export function formula_${tileRows}x16(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const inputs = arena + word(params, Formula.inputOffset);
  const outputs = arena + word(params, Formula.outputOffset);
  const start = <usize>from * ${4 * FORMULA_UNIT};
  const end = min(<usize>to * ${4 * FORMULA_UNIT}, word(params, Formula.floats) << 2);
  apply(word(params, Formula.formula), word(params, Formula.numbersAt), inputs + start, outputs + start, outputs + end);
}

/** From \`input\` on to what lies from \`output\` to \`end\`. */
export function apply(name: usize, numbersAt: usize, input: usize, output: usize, end: usize): void {
  const numbers = numbersAt - ${SHIFT};
  const from = input - ${SHIFT};
  const to = output - ${SHIFT};
  const stop = end - ${SHIFT};
  switch (name) {
${FORMULA_NAMES.map(
  (name) => `    case ${name.toUpperCase()}:
      ${name}(numbers, from, to, stop);
      break;`,
).join('\n')}
  }
}

${FORMULA_NAMES.map((name) => printLoop(name, arithmetic)).join('\n')}`;
}

function printLoop(name: FormulaName, arithmetic: Arithmetic): string {
  const { lines, result } = formula(name, arithmetic);
  return `function ${name}(numbers: usize, from: usize, to: usize, stop: usize): void {
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
