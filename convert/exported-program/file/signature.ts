/** What goes into a program and comes out of it: its signature says so, and its graph once more. */
import { quoted } from '../../../base/index.js';
import { invalid } from './archive.js';
import { type Argument, type Program, tensorNameSchema } from './schema.js';

/** The kinds of tensors that a file has, each with the field of its name in the archive. */
const STORED_KINDS = {
  parameter: 'parameter_name',
  buffer: 'buffer_name',
  tensor_constant: 'tensor_constant_name',
} as const;

/** Parameters, buffers and constants: the value of the graph and the name in the archive. */
export function storedInputs({ graph_module: { signature } }: Program): [value: string, name: string][] {
  return signature.input_specs.flatMap((spec): [string, string][] => {
    for (const [kind, field] of Object.entries(STORED_KINDS)) {
      const found = spec[kind] as { arg?: { name?: unknown } } | undefined;
      const value = found?.arg?.name;
      const name = (found as Record<string, unknown> | undefined)?.[field];
      if (typeof value === 'string' && typeof name === 'string') return [[value, name]];
    }
    return [];
  });
}

/** The tensors that the user gives. */
export function userInputs({ graph_module: { signature } }: Program): string[] {
  return signature.input_specs.flatMap((spec) => tensorIn(spec['user_input']) ?? []);
}

/** The tensors that the user gets. */
export function userOutputs({ graph_module: { signature } }: Program): string[] {
  return signature.output_specs.flatMap((spec) => tensorIn(spec['user_output']) ?? []);
}

function tensorIn(spec: unknown): string | null {
  const { arg } = (spec ?? {}) as { arg?: { as_tensor?: { name?: unknown } } };
  const name = arg?.as_tensor?.name;
  return typeof name === 'string' ? name : null;
}

/**
 * A program whose graph and signature differ has two readings: torch computes the outputs of the graph.
 *
 * @throws ConvertError `EXPORTED_INVALID`
 */
export function assertSignature(program: Program, label: string): void {
  const { graph, signature } = program.graph_module;
  for (const [what, values, specs] of [
    ['input', graph.inputs, signature.input_specs],
    ['output', graph.outputs, signature.output_specs],
  ] as const) {
    const length = Math.max(values.length, specs.length);
    for (let i = 0; i < length; i++) {
      const [value, spec] = [valueName(values[i]), specName(specs[i])];
      if (value === spec || OBJECTS.some((kind) => kind in (specs[i] ?? {}))) continue;
      throw invalid(label, `${what} ${i} is ${value} in its graph, ${spec} in its signature`);
    }
  }
}

/** What has a name and may be no tensor. No operator that is read takes it. */
const OBJECTS = ['custom_obj', 'token'];

function valueName(value: Argument | undefined): string {
  const found = tensorNameSchema.safeParse(value);
  if (found.success) return quoted(found.data.as_tensor.name);
  return value === undefined ? 'not there' : 'not a tensor';
}

/** A user's value is written as in the graph, any other by its name alone. */
function specName(spec: Argument | undefined): string {
  const [inner] = Object.values(spec ?? {});
  const arg = (inner as { arg?: Argument } | null | undefined)?.arg;
  if (typeof arg?.['name'] === 'string') return quoted(arg['name']);
  return spec === undefined ? 'not there' : valueName(arg ?? {});
}
