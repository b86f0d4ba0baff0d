/** The tensors of a file as constants, each decoded once, when it is first read. */
import { ConvertError } from '../../convert-error.js';
import type { OnnxNode } from '../file/onnx-model.js';
import type { OnnxFileContent } from '../file/read-onnx.js';
import { kindOf, type OnnxTensor, tensorFloats, tensorIntegers } from '../file/tensor-proto.js';
import type { Constant } from '../folding/constant.js';

/** As in the weights format: 2 GiB of float32. */
const MAX_VALUES = 2 ** 29;

export class ConstantStore {
  readonly #decoded = new Map<OnnxTensor, Constant>();
  readonly #external: ReadonlyMap<OnnxTensor, Uint8Array>;

  private constructor(external: ReadonlyMap<OnnxTensor, Uint8Array>) {
    this.#external = external;
  }

  /** What an operator made of constants. A file is imported twice, and computes most of them from the same. */
  readonly #folded = new WeakMap<OnnxNode, { inputs: readonly (Constant | null)[]; outputs: Constant[] }>();

  /** Reads what is in files beside the model. @throws ConvertError `ONNX_TOO_LARGE`, `ONNX_EXTERNAL_DATA`; FileError */
  static async of({ model, external }: OnnxFileContent): Promise<ConstantStore> {
    const tensors = [...model.graph.initialisers.values()];
    const total = tensors.reduce((sum, { count }) => sum + count, 0);
    if (total > MAX_VALUES) {
      const message =
        `${model.label}: its tensors have ${total.toLocaleString('en')} values, at most ` +
        `${MAX_VALUES.toLocaleString('en')} are read`;
      throw new ConvertError('ONNX_TOO_LARGE', message);
    }
    const bytes = new Map<OnnxTensor, Uint8Array>();
    for (const tensor of tensors) if (tensor.external !== null) bytes.set(tensor, await external(tensor));
    return new ConstantStore(bytes);
  }

  /** @throws ConvertError `ONNX_EXTERNAL_DATA` for a tensor of a node that lies in another file */
  decoded(tensor: OnnxTensor): Constant {
    const known = this.#decoded.get(tensor) ?? this.#decode(tensor);
    this.#decoded.set(tensor, known);
    return known;
  }

  /** The outputs of an operator of constants, computed unless they were before. */
  folded(node: OnnxNode, inputs: readonly (Constant | null)[], compute: () => Constant[]): Constant[] {
    const known = this.#folded.get(node);
    if (known?.inputs.every((input, i) => input === inputs[i]) === true) return known.outputs;
    const outputs = compute();
    this.#folded.set(node, { inputs, outputs });
    return outputs;
  }

  #decode(tensor: OnnxTensor): Constant {
    const { dtype, dims, name } = tensor;
    const bytes = this.#external.get(tensor) ?? tensor.raw;
    if (bytes === null && tensor.listed === null) {
      throw new ConvertError('ONNX_EXTERNAL_DATA', `a constant of a node, ${name}, lies in a file of its own`);
    }
    const kind = kindOf(dtype);
    return { kind, dims, data: kind === 'float' ? tensorFloats(tensor, bytes) : tensorIntegers(tensor, bytes) };
  }
}
