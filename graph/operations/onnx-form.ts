/** What an operation needs to say its ONNX form (onnx.ai/onnx/operators, opset 17), as `onnx/` writes it. */

/** TensorProto.DataType. */
export const DATA_TYPE = { float: 1, uint8: 2, int64: 7 } as const;

/** `float` marks the attributes whose type is float; ONNX does not take an int for one. */
export type Attribute = number | readonly number[] | { float: number } | { string: string };

export interface OnnxNode {
  op: string;
  /** Names of values: of the model's input, of tensors, or of other nodes' outputs. */
  inputs: readonly string[];
  output: string;
  attributes?: Readonly<Record<string, Attribute>>;
}

/** Values that operators refer to by name. Each of these gives the name. */
export interface OnnxConstants {
  floats(name: string, shape: readonly number[], values: Iterable<number>): string;
  /** One number. */
  scalar(value: number): string;
  /** One whole number. */
  integer(value: number): string;
  /** Whole numbers, as shapes and axes are given. */
  vector(values: readonly number[]): string;
  integers(name: string, shape: readonly number[], values: readonly number[]): string;
}

/** What the operators of a node must know of the values that it reads. */
export interface KnownValues {
  /** Number of dimensions, with the batch. */
  rankOf(name: string): number;
  /** Without the batch; null for a size that depends on the size of the image. */
  shapeOf(name: string): readonly (number | null)[];
  /** Whether the value is the same for all images, and so has a batch of one: a tensor of the network. */
  isForAllImages(name: string): boolean;
}

/** A node's place in a file. Values have the names of the graph's nodes; those in between are named `node/what`. */
export interface OnnxPlace extends KnownValues {
  name: string;
  inputs: readonly [string, ...string[]];
  constants: OnnxConstants;
}

/** A node with these attributes has no ONNX form. */
export class NoOnnxForm extends Error {
  override readonly name = 'NoOnnxForm';

  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** What a node and its tensors are called: the inputs, then the weight, then the bias if there is one. */
export function withWeights({ name, inputs }: OnnxPlace, bias: boolean): string[] {
  return [...inputs, `${name}.weight`, ...(bias ? [`${name}.bias`] : [])];
}

/** A node that is one operator. */
export function operator({ name, inputs }: OnnxPlace, op: string, attributes?: OnnxNode['attributes']): OnnxNode[] {
  return [{ op, inputs, output: name, ...(attributes && { attributes }) }];
}

/** The operators of a node, one after another. A value in between is called `node/part`. */
export class OnnxParts {
  readonly #name: string;
  readonly #nodes: OnnxNode[] = [];

  constructor({ name }: Pick<OnnxPlace, 'name'>) {
    this.#name = name;
  }

  /** @returns the name of the value */
  add(part: string, op: string, inputs: readonly string[], attributes?: OnnxNode['attributes']): string {
    const output = `${this.#name}/${part}`;
    this.#nodes.push({ op, inputs, output, ...(attributes && { attributes }) });
    return output;
  }

  /** All of them, the last of which gives the node's own value. */
  end(op: string, inputs: readonly string[], attributes?: OnnxNode['attributes']): OnnxNode[] {
    return [...this.#nodes, { op, inputs, output: this.#name, ...(attributes && { attributes }) }];
  }
}
