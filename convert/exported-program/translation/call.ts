/**
 * One application of an ATen operation: its arguments by their names, and the operators of ONNX that it becomes. Arguments
 * that the file leaves out have the defaults of native_functions.yaml.
 */
import type { OnnxAttribute, OnnxNode } from '../../onnx/file/onnx-model.js';
import type { OnnxTensor } from '../../onnx/file/tensor-proto.js';
import { NotSupported } from '../../onnx/importing/not-supported.js';
import { type Argument, fixedSizes, type ProgramNode, type TensorMeta } from '../file/schema.js';
import { outputNames } from './outputs.js';

/** What a call needs of the program around it. */
export interface Surroundings {
  /** Shapes and types as they were when the program was exported, by value. */
  meta(value: string): TensorMeta | undefined;
  /** The value of ONNX that has a value of the program now. */
  current(value: string): string;
  /** Whether a value of ONNX is known without the image. */
  isConstant(value: string): boolean;
  addNode(node: OnnxNode): void;
  addConstant(tensor: OnnxTensor): void;
  /** A name that no value has. */
  fresh(name: string): string;
}

type Attributes = Readonly<
  Record<string, number | string | readonly number[] | { float: number } | { floats: readonly number[] }>
>;

export class Call {
  readonly #node: ProgramNode;
  readonly #surroundings: Surroundings;
  readonly #module: string | null;
  readonly #operation: string;
  /** Names of the outputs in the program. */
  readonly outputs: readonly string[];

  /** @param operation how messages call it */
  constructor(node: ProgramNode, operation: string, module: string | null, surroundings: Surroundings) {
    this.#node = node;
    this.#operation = operation;
    this.#module = module;
    this.#surroundings = surroundings;
    this.outputs = outputNames(node);
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

  /** How many dimensions an argument has. */
  rank(name: string): number {
    return this.dims(name).length;
  }

  /** Sizes of an argument; null for one that depends on the image. */
  dims(name: string): (number | null)[] {
    return this.dimsOf(this.valueName(name) ?? '');
  }

  /** Sizes of a value of the program. */
  dimsOf(value: string): (number | null)[] {
    const meta = this.#surroundings.meta(value);
    if (meta === undefined) throw new NotSupported(`the program does not say the shape of ${value.slice(0, 100)}`);
    return fixedSizes(meta);
  }

  /** `ScalarType` of an argument. */
  typeOf(name: string): number | null {
    return this.#surroundings.meta(this.valueName(name) ?? '')?.dtype ?? null;
  }

  isConstant(value: string): boolean {
    return this.#surroundings.isConstant(value);
  }

  /** An axis counted from the first. */
  axis(name: string, of: string, otherwise?: number): number {
    const axis = this.number(name, otherwise);
    return axis < 0 ? axis + this.rank(of) : axis;
  }

  /** An operator with one output. @returns the output @param op with its domain if it is not ONNX's own */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = this.#surroundings.fresh(`${this.outputs[0] ?? this.#operation}:${op}`);
    const dot = op.lastIndexOf('.');
    this.#surroundings.addNode({
      name: this.outputs[0] ?? '',
      op: op.slice(dot + 1),
      domain: dot < 0 ? '' : op.slice(0, dot),
      inputs,
      outputs: [output],
      attributes: new Map(Object.entries(attributes).map(([key, value]) => [key, attributeOf(value)])),
      module: this.#module,
      writtenAs: this.#operation,
    });
    return output;
  }

  integers(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.#constant('int64', values, dims);
  }

  float(value: number): string {
    return this.#constant('float32', [value], []);
  }

  floats(values: readonly number[]): string {
    return this.#constant('float32', values, [values.length]);
  }

  #constant(dtype: 'int64' | 'float32', listed: readonly number[], dims: readonly number[]): string {
    const name = this.#surroundings.fresh(`${this.outputs[0] ?? this.#operation}:${listed.slice(0, 8).join(',')}`);
    this.#surroundings.addConstant({ name, dtype, dims, count: listed.length, raw: null, listed, external: null });
    return name;
  }

  #argument(name: string): Argument | undefined {
    return this.#node.inputs.find((input) => input.name === name)?.arg;
  }
}

function attributeOf(value: Attributes[string]): OnnxAttribute {
  if (typeof value === 'number') return { type: 'int', value };
  if (typeof value === 'string') return { type: 'string', value };
  if ('floats' in value) return { type: 'floats', value: value.floats };
  return 'float' in value ? { type: 'float', value: value.float } : { type: 'ints', value };
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
