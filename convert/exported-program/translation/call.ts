/** An application of an ATen operation. Arguments that the file leaves out have native_functions.yaml's defaults. */
import { TYPE_NUMBERS } from '../../onnx/file/tensor-proto.js';
import { NotSupported } from '../../onnx/importing/value.js';
import { type Attributes, type GraphWriter, OperatorCall } from '../../onnx/written-graph.js';
import {
  type Argument,
  fixedSizes,
  type ProgramNode,
  SCALAR_TYPES,
  type TensorMeta,
  tensorNameSchema,
  tensorNamesSchema,
} from '../file/schema.js';

export interface Surroundings {
  writer: GraphWriter;
  /** Shapes and types as they were when the program was exported, by value. */
  meta(value: string): TensorMeta | undefined;
  /** The value of ONNX that has a value of the program now. */
  current(value: string): string;
}

export class Call extends OperatorCall {
  readonly #node: ProgramNode;
  readonly #surroundings: Surroundings;
  /** Names of the outputs in the program. */
  readonly outputs: readonly string[];

  /** @param operation how messages call it */
  constructor(node: ProgramNode, operation: string, surroundings: Surroundings) {
    const outputs = outputNames(node);
    super(surroundings.writer, outputs[0] ?? operation, operation, modulePath(node.metadata['nn_module_stack']));
    this.#node = node;
    this.#surroundings = surroundings;
    this.outputs = outputs;
  }

  /** The value of an argument that is a tensor. @throws NotSupported if it is left out, or something else */
  tensor(name: string): string {
    const found = this.optionalTensor(name);
    if (found === '') throw new NotSupported(`its argument ${name} is not a tensor`);
    return found;
  }

  /** Empty if it is left out. */
  optionalTensor(name: string): string {
    const value = this.valueName(name);
    return value === null ? '' : this.#surroundings.current(value);
  }

  /** The program's own name of an argument that is a tensor. */
  valueName(name: string): string | null {
    return nameIn(this.#argument(name)?.['as_tensor']);
  }

  tensors(name: string): string[] {
    return this.optionalTensors(name).map((value) => {
      if (value === '') throw new NotSupported(`its argument ${name} has gaps`);
      return value;
    });
  }

  /** Empty where one is left out. */
  optionalTensors(name: string): string[] {
    const argument = this.#argument(name);
    const listed = argument?.['as_tensors'] ?? argument?.['as_optional_tensors'];
    if (!Array.isArray(listed)) throw new NotSupported(`its argument ${name} is not a list of tensors`);
    return listed.map((item: unknown) => {
      const value = nameIn(item) ?? nameIn((item as Argument | null)?.['as_tensor']);
      return value === null ? '' : this.#surroundings.current(value);
    });
  }

  /** A tensor, or a number as a constant without dimensions. */
  operand(name: string): string {
    const argument = this.#argument(name) ?? {};
    if ('as_tensor' in argument) return this.tensor(name);
    return this.scalar(name);
  }

  /** @param argument its name, behind `?` if it may be left out, behind `=` if it may be a number */
  input(argument: string): string {
    if (argument.startsWith('?')) return this.optionalTensor(argument.slice(1));
    return argument.startsWith('=') ? this.operand(argument.slice(1)) : this.tensor(argument);
  }

  /** A number as a constant without dimensions. Whole numbers stay whole, as in PyTorch. */
  scalar(name: string): string {
    const argument = this.#argument(name) ?? {};
    const symbol = symbolIn(argument['as_sym_int']);
    if (symbol !== null) return this.#surroundings.current(symbol);
    const whole = argument['as_int'] ?? numberIn(argument['as_sym_int']);
    if (typeof whole === 'number') return this.integers([whole], []);
    return this.float(this.number(name));
  }

  /** A number that the program knows. */
  number(name: string, otherwise?: number): number {
    const argument = this.#argument(name);
    const found = argument?.['as_float'] ?? argument?.['as_int'] ?? numberIn(argument?.['as_sym_int']);
    // Python writes infinity and NaN as words.
    const value = typeof found === 'string' ? Number(found.replace(/^(-?)inf$/i, '$1Infinity')) : found;
    if (typeof value === 'number') return value;
    if (otherwise !== undefined && this.isLeftOut(name)) return otherwise;
    throw new NotSupported(`its argument ${name} is not a number that the program knows`);
  }

  numbers(name: string, otherwise?: readonly number[]): number[] {
    const argument = this.#argument(name);
    const found = argument?.['as_ints'] ?? argument?.['as_floats'] ?? argument?.['as_sym_ints'];
    if (Array.isArray(found)) {
      const values = found.map((item: unknown) => (typeof item === 'number' ? item : numberIn(item)));
      if (values.every((value) => value !== null)) return values;
    } else if (typeof argument?.['as_int'] === 'number') return [argument['as_int']];
    if (otherwise !== undefined && this.isLeftOut(name)) return [...otherwise];
    throw new NotSupported(`its argument ${name} is not a list of numbers that the program knows`);
  }

  boolean(name: string, otherwise: boolean): boolean {
    const found = this.#argument(name)?.['as_bool'];
    return typeof found === 'boolean' ? found : otherwise;
  }

  string(name: string, otherwise: string): string {
    const found = this.#argument(name)?.['as_string'];
    return typeof found === 'string' ? found : otherwise;
  }

  /** `ScalarType`; null if it is left out. */
  scalarType(name: string): number | null {
    const found = this.#argument(name)?.['as_scalar_type'];
    return typeof found === 'number' ? found : null;
  }

  isLeftOut(name: string): boolean {
    const argument = this.#argument(name);
    return argument === undefined || 'as_none' in argument;
  }

  /** A list of sizes, some of which may depend on the image, as a value of ONNX with one dimension. */
  sizes(name: string): string {
    const found = this.#argument(name)?.['as_sym_ints'];
    if (!Array.isArray(found)) return this.integers(this.numbers(name));
    const parts = found.map((item: unknown) => {
      const symbol = symbolIn(item);
      const value = numberIn(item);
      if (symbol === null && value === null) throw new NotSupported(`its argument ${name} has an unknown size`);
      return symbol === null
        ? this.integers([value!])
        : this.node('Unsqueeze', [this.#surroundings.current(symbol), this.integers([0])]);
    });
    return this.node('Concat', parts, { axis: 0 });
  }

  /** A size that may depend on the image, as a value of ONNX with one dimension. */
  size(name: string, otherwise: number): string {
    const symbol = symbolIn(this.#argument(name)?.['as_sym_int']);
    if (symbol === null) return this.integers([this.number(name, otherwise)]);
    return this.node('Unsqueeze', [this.#surroundings.current(symbol), this.integers([0])]);
  }

  rank(name: string): number {
    return this.dims(name).length;
  }

  /** Sizes of an argument; null for one that depends on the image. */
  dims(name: string): (number | null)[] {
    return this.dimsOf(this.valueName(name) ?? '');
  }

  dimsOf(value: string): (number | null)[] {
    const meta = this.#surroundings.meta(value);
    if (meta === undefined) throw new NotSupported(`the program does not say the shape of ${value.slice(0, 100)}`);
    return fixedSizes(meta);
  }

  /** `ScalarType` of an argument. */
  typeOf(name: string): number | null {
    return this.#surroundings.meta(this.valueName(name) ?? '')?.dtype ?? null;
  }

  /** An axis counted from the first. */
  axis(name: string, of: string, otherwise?: number): number {
    const axis = this.number(name, otherwise);
    return axis < 0 ? axis + this.rank(of) : axis;
  }

  #argument(name: string): Argument | undefined {
    return this.#node.inputs.find((input) => input.name === name)?.arg;
  }
}

function nameIn(item: unknown): string | null {
  const name = (item as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : null;
}

function symbolIn(item: unknown): string | null {
  const name = (item as { as_name?: unknown } | null | undefined)?.as_name;
  return typeof name === 'string' ? name : null;
}

function numberIn(item: unknown): number | null {
  const value = (item as { as_int?: unknown } | null | undefined)?.as_int;
  return typeof value === 'number' ? value : null;
}

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

/**
 * The operators of ONNX for an operation of ATen. It gives the name of one value, or of all.
 * @throws NotSupported for arguments that have no meaning there
 */
export type Translation = (call: Call) => string | string[];

/** An operator of ONNX with the same meaning. @param inputs arguments as of `Call.input`, one after the other */
export function operator(op: string, inputs: string, attributes: (call: Call) => Attributes = () => ({})): Translation {
  const names = inputs.split(' ');
  return (call) =>
    call.node(
      op,
      names.map((name) => call.input(name)),
      attributes(call),
    );
}

export type Translations = Readonly<Record<string, Translation>>;

/** TensorProto.DataType of a `ScalarType`; undefined for one that is not read. */
export function onnxType(scalarType: number): number | undefined {
  return TYPE_NUMBERS.get(SCALAR_TYPES[scalarType] ?? '');
}

/** Operators of this folder that ONNX does not have. */
export const OWN_DOMAIN = 'aten';

/**
 * The module of a node, as torch/_export/serde/serialize.py writes it: `key,path,type` of each module from the outside
 * in, separated by semicolons. A module that runs again has `@1` behind its path; it is the same module.
 * @returns null where the program does not say; the empty path for the network itself
 */
export function modulePath(stack: unknown): string | null {
  if (typeof stack !== 'string') return null;
  const path = stack.slice(stack.lastIndexOf(';') + 1).split(',')[1];
  return path === undefined ? null : path.replaceAll(/@\d+/g, '');
}
