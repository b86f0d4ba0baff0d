/**
 * Runs the node cases of PyPI's onnx that `onnx_cases.py` wrote: those whose operators `convert` reads. The first axis of an
 * input is the batch; what is not an image of a batch is a constant. A case that works along that axis is computed by the
 * interpreter of constants instead.
 *
 *     node dist/spec/ci/onnx-cases.js FOLDER [EVERY]
 *
 * Prints every case that is refused with the reason, and ends with an error if one is wrong, or too many are refused.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OnnxModel } from '../../convert/onnx/file/onnx-model.js';
import { parseModel } from '../../convert/onnx/file/parse-model.js';
import { type Constant, countOf } from '../../convert/onnx/folding/constant.js';
import { isFoldable } from '../../convert/onnx/folding/fold.js';
import { ConstantStore } from '../../convert/onnx/importing/constants.js';
import type { GraphBuilder } from '../../convert/onnx/importing/graph-builder.js';
import { importGraph } from '../../convert/onnx/importing/import-graph.js';
import { NotSupported } from '../../convert/onnx/importing/not-supported.js';
import { OPERATORS } from '../../convert/onnx/importing/operators.js';
import type { ComputedValue, Value } from '../../convert/onnx/importing/value.js';
import { CodedError } from '../../errors/index.js';
import type { Values } from '../../graph/operations/operation.js';
import { runReference } from '../../graph/reference.js';
import { relativeError } from '../support/relative-error.js';

interface Tensor {
  dtype: string;
  dims: number[];
  data: string;
}

interface Case {
  name: string;
  names: string[];
  inputs: (Tensor | null)[];
  outputs: (Tensor | null)[];
}

/** onnx's own bound is 1e-3; half precision is coarser than that. */
const BOUND = 1e-3;
/** Share of all cases; the others are refused with the reason. */
const LEAST_RIGHT = 0.8;

/** Operators whose inputs may all be computed by a network. */
const COMBINING = [
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Pow',
  'Max',
  'Min',
  'Sum',
  'Mean',
  'Concat',
  'MatMul',
  'Einsum',
  'Attention',
];

/** A case that cannot be tried in this way. */
class Refusal extends Error {}

const [, , folder = '', every = '1'] = process.argv;
const cases: Case[] = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
const counts = { computed: 0, folded: 0, refused: 0, wrong: 0, other: 0 };
const refused = new Map<string, string[]>();

for (const [index, each] of cases.entries()) {
  if (index % Number(every) !== 0) continue;
  const result = await outcome(each);
  counts[result.kind] += 1;
  if (result.kind === 'wrong') console.log(`WRONG ${each.name}: ${result.reason}`);
  if (result.kind === 'refused') refused.set(result.reason, [...(refused.get(result.reason) ?? []), each.name]);
}
for (const [reason, names] of refused) console.log(`refused, ${reason}: ${names.join(' ')}`);
const { computed, folded, other } = counts;
console.log(
  `${computed + folded} of ${computed + folded + counts.refused + counts.wrong} cases are right: ${computed} in a network, ` +
    `${folded} as constants; ${counts.refused} refused, ${counts.wrong} wrong; ${other} of other operators or types`,
);
const share = (computed + folded) / (computed + folded + counts.refused);
process.exitCode = counts.wrong > 0 || !(share > LEAST_RIGHT) ? 1 : 0;

interface Outcome {
  kind: keyof typeof counts;
  reason: string;
}

async function outcome(each: Case): Promise<Outcome> {
  const model = parsed(each.name);
  const isOurs = model?.graph.nodes.every(({ op, domain }) => domain === '' && isRead(op)) ?? false;
  if (model === null || !isOurs || [...each.inputs, each.outputs[0]].some((value) => value === null)) {
    return { kind: 'other', reason: '' };
  }
  const attempts = [() => inNetwork(each, model), () => asConstants(each, model)];
  const reasons: string[] = [];
  for (const [i, attempt] of attempts.entries()) {
    try {
      const actual = await attempt();
      const error = relativeError(actual, valuesOf(each.outputs[0]!));
      if (error <= BOUND || isInfinite(each)) return { kind: i === 0 ? 'computed' : 'folded', reason: '' };
      return { kind: 'wrong', reason: `${i === 0 ? 'in a network' : 'as constants'}, relative error ${error}` };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      reasons.push(error.message.replace(/^.*not supported: /, ''));
    }
  }
  return { kind: 'refused', reason: reasons[0]! };
}

function isRefusal(error: unknown): error is Error {
  return error instanceof CodedError || error instanceof Refusal || error instanceof NotSupported;
}

function parsed(name: string): OnnxModel | null {
  try {
    return parseModel(readFileSync(join(folder, `${name}.onnx`)), name);
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

function isRead(op: string): boolean {
  return OPERATORS.has(op) || isFoldable(op) || op === 'If';
}

/** Values that float32 does not tell apart from infinity. */
function isInfinite({ outputs }: Case): boolean {
  return valuesOf(outputs[0]!).some((value) => !Number.isFinite(value));
}

/** The first output of the case, in ONNX's order. @throws Refusal if it is not computed, CodedError */
async function inNetwork(each: Case, model: OnnxModel): Promise<ArrayLike<number>> {
  const [first] = each.inputs as [Tensor];
  if (first === undefined || !first.dtype.startsWith('float') || first.dims.length === 0) throw new Refusal('no batch');
  const batch = first.dims[0]!;
  const isCombining = COMBINING.includes(model.graph.nodes[0]?.op ?? '') || model.graph.nodes.length > 1;
  const images = each.inputs.map((tensor, i) => i === 0 || (isCombining && isLike(tensor!, first)));
  const { builder, values, problems } = importGraph({
    ...(await requestOf(model)),
    batchSize: batch,
    inputs: (graph) => inputsOf(graph, each, images, batch),
  });
  const output = values.get(model.graph.outputs[0]!.name);
  if (!problems.isEmpty || output === undefined) throw problems.error(each.name);
  if (output.kind === 'constant') return output.constant.data;
  const bound = { graph: { nodes: builder.nodes, output: output.node, modules: new Map() }, tensors: builder.tensors };
  const made = runReference(bound, packedImages(each, images, batch)).get(output.node)!;
  return inOnnxOrder(output, repeated(made, batch), batch);
}

function isLike({ dtype, dims }: Tensor, first: Tensor): boolean {
  return dtype.startsWith('float') && dims.length === first.dims.length && dims[0] === first.dims[0];
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

/** @throws Refusal if it is not folded, CodedError */
async function asConstants(each: Case, model: OnnxModel): Promise<ArrayLike<number>> {
  const { values, problems } = importGraph({
    ...(await requestOf(model)),
    batchSize: 1009,
    inputs: (graph) => {
      graph.image([1, 1, 1]);
      const known = each.inputs.map((tensor, i): [string, Value] => {
        const name = each.names[i]!;
        return [name, { kind: 'constant', name, constant: constantOf(tensor!) }];
      });
      return new Map(known);
    },
  });
  const output = values.get(model.graph.outputs[0]!.name);
  if (!problems.isEmpty) throw problems.error(each.name);
  if (output?.kind !== 'constant') throw new Refusal('it is not a constant');
  return output.constant.data;
}

async function requestOf(model: OnnxModel) {
  const none = () => Promise.reject(new Refusal('external data'));
  const constants = await ConstantStore.of({ model, sha256: '', external: none, close: () => Promise.resolve() });
  return { graph: model.graph, label: model.label, opset: model.opset, constants };
}

function constantOf(tensor: Tensor): Constant {
  const { dtype, dims } = tensor;
  const kind = dtype.startsWith('float') ? 'float' : dtype === 'bool' ? 'bool' : 'int';
  const data = valuesOf(tensor);
  return { kind, dims, data: kind === 'float' ? Float32Array.from(data) : data };
}

function valuesOf({ data }: Tensor): Float64Array {
  const bytes = Buffer.from(data, 'base64');
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
