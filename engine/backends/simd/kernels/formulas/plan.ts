/** Activations in float32 as calls. They go through a whole buffer, whatever its view. */
import { LEAKY_SLOPE } from '../../../../../graph/index.js';
import { type Compilation, type Emitted, type Layer, onlyWay, type Way, weightless } from '../../planning/emission.js';
import { floatsOf, type Value } from '../../planning/value.js';
import { tableOf } from '../../printing/eight-floats.js';
import { FORMULA_NAMES, type FormulaName, formula, isFormula } from './formulas.js';
import { FORMULA, FORMULA_UNIT } from './words.js';

export function formulaWays({ step, reads, operands }: Layer, compilation: Compilation): Way[] {
  if (step.kind !== 'pointwise' || !('values' in reads)) return [];
  const { function: name, alpha = LEAKY_SLOPE } = step.attrs;
  if (!isFormula(name)) return [];
  return onlyWay(() => emitFormula(step.node, { name, alpha }, reads.values[0], operands.output, compilation));
}

function emitFormula(
  node: string,
  { name, alpha }: { name: FormulaName; alpha: number },
  input: Value,
  output: Value,
  { draft, images }: Compilation,
): Emitted {
  const floats = floatsOf(output, images);
  draft.call(FORMULA, node, Math.ceil(floats / FORMULA_UNIT), {
    inputOffset: input.buffer,
    outputOffset: output.buffer,
    floats,
    formula: FORMULA_NAMES.indexOf(name),
    // The numbers are the same with both arithmetics.
    numbersAt: draft.table(`numbers ${name} ${alpha}`, () => {
      return tableOf(formula(name, 'plain').entries, alpha);
    }),
  });
  return weightless(`formula (${name})`);
}
