/** The names of what a node of a program gives. */
import { type ProgramNode, tensorNameSchema, tensorNamesSchema } from '../file/schema.js';

/** Tensors one after the other, those of a list too; a size by its symbol. Empty for what no operator here makes. */
export function outputNames({ outputs }: ProgramNode): string[] {
  return outputs.flatMap((output) => {
    const one = tensorNameSchema.safeParse(output);
    if (one.success) return [one.data.as_tensor.name];
    const several = tensorNamesSchema.safeParse(output);
    if (several.success) return several.data.as_tensors.map(({ name }) => name);
    const symbol = (output['as_sym_int'] as { as_name?: unknown } | undefined)?.as_name;
    return typeof symbol === 'string' ? [symbol] : [];
  });
}
