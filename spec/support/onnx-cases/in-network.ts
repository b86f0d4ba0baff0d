/** Runs a node case as a network: the first axis of its first input is the batch, and so it is of what is combined with it. */
import type { OnnxModel } from '../../../convert/onnx/file/onnx-model.js';
import { countOf } from '../../../convert/onnx/folding/constant.js';
import type { GraphBuilder } from '../../../convert/onnx/importing/graph-builder.js';
import { importGraph } from '../../../convert/onnx/importing/import-graph.js';
import type { ComputedValue, Value } from '../../../convert/onnx/importing/value.js';
import type { Values } from '../../../graph/operations/operation.js';
import { runReference } from '../../../graph/reference.js';
import { type Case, type CaseTensor, constantOf, isFloat, type Outputs, Refusal, requestOf, valuesOf } from './case.js';

/** Operators whose inputs may all be computed by a network. */
const COMBINING = 'Add Sub Mul Div Pow Max Min Sum Mean Concat MatMul Einsum Attention'.split(' ');

/** @throws Refusal if there is no batch, CodedError */
export async function inNetwork(each: Case, model: OnnxModel): Promise<Outputs> {
  const first = firstOf(each);
  const batch = first.dims[0]!;
  const images = each.inputs.map((tensor, i) => i === 0 || (isCombining(each, model) && isLike(tensor!, first)));
  const { builder, values, problems } = importGraph({
    ...(await requestOf(model)),
    batchSize: batch,
    inputs: (graph) => inputsOf(graph, each, images, batch),
  });
  if (!problems.isEmpty) throw problems.error(each.name);
  const packed = packedImages(each, images, batch);
  return model.graph.outputs.map(({ name }) => {
    const output = values.get(name);
    if (output === undefined) return null;
    if (output.kind === 'constant') return output.constant.data;
    const bound = {
      graph: { nodes: builder.nodes, output: output.node, modules: new Map() },
      tensors: builder.tensors,
    };
    const made = runReference(bound, packed).get(output.node)!;
    return inOnnxOrder(output, repeated(made, batch), batch);
  });
}

/** For one image after another, which have constants of their own, as a mask. @throws Refusal, CodedError */
export async function imageByImage(each: Case, model: OnnxModel): Promise<Outputs> {
  const first = firstOf(each);
  const batch = first.dims[0]!;
  const hasRows = each.outputs.every((output) => output !== null && output.dims[0] === batch);
  if (batch < 2 || !hasRows) throw new Refusal('there is one image');
  const rowsOf: Outputs[] = [];
  for (let row = 0; row < batch; row++) {
    const inputs = each.inputs.map((tensor, i) =>
      i === 0 || belongsToImages(each, model, tensor!, first) ? rowOf(tensor!, row) : tensor,
    );
    rowsOf.push(await inNetwork({ ...each, inputs }, model));
  }
  return each.outputs.map((_, i) => {
    const rows = rowsOf.map((outputs) => outputs[i]).filter((values) => values != null);
    return rows.length < batch ? null : rows.flatMap((values) => Array.from(values));
  });
}

function firstOf({ inputs: [first] }: Case): CaseTensor {
  if (first == null || !isFloat(first) || first.dims.length === 0) throw new Refusal('no batch');
  return first;
}

function isAttention({ name }: Case): boolean {
  return name.startsWith('test_attention');
}

function isCombining(each: Case, { graph }: OnnxModel): boolean {
  return COMBINING.includes(graph.nodes[0]?.op ?? '') || graph.nodes.length > 1 || isAttention(each);
}

function isLike(tensor: CaseTensor, first: CaseTensor): boolean {
  return isFloat(tensor) && tensor.dims.length === first.dims.length && tensor.dims[0] === first.dims[0];
}

/** Earlier keys, lengths and masks of an attention have a batch, too; so has what is as large as the images. */
function belongsToImages(each: Case, model: OnnxModel, { dims }: CaseTensor, first: CaseTensor): boolean {
  if (dims[0] !== first.dims[0]) return false;
  if (isAttention(each)) return dims.length === 1 || dims.length === 4 || dims.length === first.dims.length;
  return dims.join() === first.dims.join() || (isCombining(each, model) && dims.length === first.dims.length);
}

function rowOf(tensor: CaseTensor, row: number): CaseTensor {
  const values = valuesOf(tensor);
  const size = values.length / tensor.dims[0]!;
  const part = values.slice(row * size, (row + 1) * size);
  return { ...tensor, dims: tensor.dims.with(0, 1), data: Buffer.from(part.buffer).toString('base64') };
}

/** All values that belong to images lie side by side in one image; slices of it are the inputs. */
function inputsOf(graph: GraphBuilder, each: Case, images: readonly boolean[], batch: number): Map<string, Value> {
  const layout = { batch: 0, merged: false } as const;
  const sizes = each.inputs.map((tensor, i) => (images[i] ? countOf(tensor!.dims) / batch : 0));
  const image = graph.image([sizes.reduce((a, b) => a + b, 0)]);
  let start = 0;
  const entries = each.inputs.map((tensor, i): [string, Value] => {
    const name = each.names[i]!;
    if (!images[i]) return [name, { kind: 'constant', name, constant: constantOf(tensor!) }];
    const end = start + sizes[i]!;
    const part = graph.add(`${name}:part`, { op: 'slice', attrs: { axis: 1, start, end, step: 1 } }, [image]);
    start = end;
    const shape = tensor!.dims.slice(1);
    return [name, graph.add(name, { op: 'reshape', attrs: { shape } }, [part], {}, layout)];
  });
  return new Map(entries);
}

function packedImages(each: Case, images: readonly boolean[], batch: number): Values {
  const parts = each.inputs.filter((_, i) => images[i]).map((tensor) => valuesOf(tensor!));
  const rows = Array.from({ length: batch }, (_, row) =>
    parts.flatMap((part) => {
      const size = part.length / batch;
      return [...part.subarray(row * size, (row + 1) * size)];
    }),
  );
  return { shape: [batch, rows[0]?.length ?? 0], data: Float64Array.from(rows.flat()) };
}

/** A tensor of the network is the same for all images. */
function repeated({ shape, data }: Values, batch: number): Values {
  if (shape[0] === batch) return { shape, data };
  const all = new Float64Array(data.length * batch);
  for (let row = 0; row < batch; row++) all.set(data, row * data.length);
  return { shape: [batch, ...shape.slice(1)], data: all };
}

/** From the batch first to where ONNX has it. */
function inOnnxOrder({ batch: axis, merged }: ComputedValue, { shape, data }: Values, batch: number): Float64Array {
  const sizes = shape.slice(1);
  const at = merged === 'fast' ? axis + 1 : axis;
  const outer = countOf(sizes.slice(0, at));
  const inner = countOf(sizes.slice(at));
  const ordered = new Float64Array(data.length);
  for (let row = 0; row < batch; row++) {
    for (let o = 0; o < outer; o++) {
      const from = (row * outer + o) * inner;
      ordered.set(data.subarray(from, from + inner), (o * batch + row) * inner);
    }
  }
  return ordered;
}
