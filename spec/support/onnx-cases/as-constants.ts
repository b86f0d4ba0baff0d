/** Computes a node case when its file is converted: all of its inputs are constants. */
import type { OnnxModel } from '../../../convert/onnx/file/onnx-model.js';
import { importGraph } from '../../../convert/onnx/importing/import-graph.js';
import type { Value } from '../../../convert/onnx/importing/value.js';
import { type Case, constantOf, type Outputs, Refusal, requestOf } from './case.js';

/** @throws Refusal if it is not folded, CodedError */
export async function asConstants(each: Case, model: OnnxModel): Promise<Outputs> {
  const { values, problems } = importGraph({
    ...(await requestOf(model)),
    batchSize: null,
    inputs: (graph) => {
      graph.image([1, 1, 1]);
      const known = each.inputs.map((tensor, i): [string, Value] => {
        const name = each.names[i]!;
        return [name, { kind: 'constant', name, constant: constantOf(tensor!) }];
      });
      return new Map(known);
    },
  });
  if (!problems.isEmpty) throw problems.error(each.name);
  return model.graph.outputs.map(({ name }) => {
    const output = values.get(name);
    if (output === undefined) return null;
    if (output.kind !== 'constant') throw new Refusal('it is not a constant');
    return output.constant.data;
  });
}
