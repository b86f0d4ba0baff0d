/** Attention in ONNX: opset 17 does not have it as one operator. */
import type { ComputedNode } from '../graph.js';
import type { Constants } from './constants.js';
import { DATA_TYPE, type OnnxNode } from './proto.js';

/** Added to the scores of keys that a query must not see: exp of it is 0. */
const UNSEEN = -1e30;

/** @param rank of the queries with their batch */
export function attention(
  { name, inputs, attrs }: Extract<ComputedNode, { op: 'attention' }>,
  rank: number,
  constants: Constants,
): OnnxNode[] {
  const [queries, keys, values, bias] = inputs as [string, string, string, string?];
  const value = (part: string) => `${name}/${part}`;
  const last = Array.from({ length: rank }, (_, axis) => axis);
  const swapped = [...last.slice(0, -2), rank - 1, rank - 2];
  const masked = attrs.causal ? causalMask(name, value('biased'), constants) : [];
  const dots = bias === undefined ? value('biased') : value('dots');
  const product = attrs.softcap === undefined ? dots : value('uncapped');
  return [
    ...scaled(name, queries, attrs.scale, constants),
    { op: 'Transpose', inputs: [keys], output: value('keys'), attributes: { perm: swapped } },
    { op: 'MatMul', inputs: [value('queries'), value('keys')], output: product },
    ...(attrs.softcap === undefined ? [] : softcap(name, product, attrs.softcap, dots, constants)),
    ...(bias === undefined ? [] : [{ op: 'Add', inputs: [dots, bias], output: value('biased') }]),
    ...masked,
    {
      op: 'Softmax',
      inputs: [attrs.causal ? value('masked') : value('biased')],
      output: value('scores'),
      attributes: { axis: -1 },
    },
    { op: 'MatMul', inputs: [value('scores'), values], output: name },
  ];
}

/** Without a scale, it is computed from the size of a query, which the file need not know. */
function scaled(name: string, queries: string, scale: number | undefined, constants: Constants): OnnxNode[] {
  const output = `${name}/queries`;
  if (scale !== undefined) return [{ op: 'Mul', inputs: [queries, constants.scalar(scale)], output }];
  return [
    { op: 'Shape', inputs: [queries], output: `${name}/size`, attributes: { start: -1 } },
    { op: 'Cast', inputs: [`${name}/size`], output: `${name}/float size`, attributes: { to: DATA_TYPE.float } },
    { op: 'Sqrt', inputs: [`${name}/float size`], output: `${name}/divisor` },
    { op: 'Div', inputs: [queries, `${name}/divisor`], output },
  ];
}

/** `cap·tanh(x/cap)`. */
function softcap(name: string, x: string, cap: number, output: string, constants: Constants): OnnxNode[] {
  const factor = constants.scalar(cap);
  return [
    { op: 'Div', inputs: [x, factor], output: `${name}/narrow` },
    { op: 'Tanh', inputs: [`${name}/narrow`], output: `${name}/bounded` },
    { op: 'Mul', inputs: [`${name}/bounded`, factor], output },
  ];
}

/** The upper triangle, of the size that the scores turn out to have. */
function causalMask(name: string, scores: string, constants: Constants): OnnxNode[] {
  const value = (part: string) => `${name}/${part}`;
  return [
    { op: 'Shape', inputs: [scores], output: value('square'), attributes: { start: -2 } },
    { op: 'Expand', inputs: [constants.scalar(UNSEEN), value('square')], output: value('unseen') },
    {
      op: 'Trilu',
      inputs: [value('unseen'), constants.integer(1)],
      output: value('mask'),
      attributes: { upper: 1 },
    },
    { op: 'Add', inputs: [scores, value('mask')], output: value('masked') },
  ];
}
