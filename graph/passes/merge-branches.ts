/**
 * Makes branches that read the same value and are only added one convolution: the "re-parametrisation" of RepVGG,
 * MobileOne, FastViT and RepViT. A node is a sum of convolutions of one value, with numbers for each output channel:
 * `Σ scale · (w ∗ x + b) + shift`. Sums, batch norms and products with such numbers are of this form again.
 */
import type { Tensor } from '../../weights/index.js';
import type { BoundGraph } from '../bound-graph.js';
import type { Conv2dAttrs } from '../operations/convolution.js';
import { type Shape, sizeOf } from '../operations/operation.js';
import { VALUE } from '../operations/parameter.js';
import { sharedFloats } from '../shared-memory.js';
import { commonWindow, placeIn } from './common-window.js';
import { normScales } from './fuse.js';
import { type BoundNode, boundNodes, rewrite, useCounts } from './rewrite.js';

/**
 * A branch has at most one convolution, batch norms and products with constants, or is the value itself. Branches stay
 * where one of them is wanted or read by another node, and where one convolution would be more work.
 */
export function mergeBranches(bound: BoundGraph, keep: ReadonlySet<string>): BoundGraph {
  const uses = useCounts(bound.graph);
  const isFree = (name: string): boolean => uses.get(name) === 1 && !keep.has(name);
  const forms = new Map<string, LinearForm>();
  const operand = (name: string): LinearForm => {
    const form = forms.get(name);
    if (form === undefined) return itself(name);
    if (isFree(name)) return { ...form, parts: [...form.parts, name] };
    return form.source === null ? form : itself(name);
  };
  const nodes = boundNodes(bound);
  for (const each of nodes) {
    const form = linearForm(each, operand);
    if (form !== null) forms.set(each.node.name, form);
  }
  return rewrite(bound, withMerged(nodes, forms));
}

/** The last node of branches becomes the convolution, so it is looked for from the end. */
function withMerged(nodes: readonly BoundNode[], forms: ReadonlyMap<string, LinearForm>): BoundNode[] {
  const gone = new Set<string>();
  const left: BoundNode[] = [];
  for (const each of nodes.toReversed()) {
    const { name } = each.node;
    if (gone.has(name)) continue;
    const form = forms.get(name);
    const merged = form === undefined ? null : asConvolution(form, name);
    if (merged !== null) for (const part of form!.parts) gone.add(part);
    left.push(merged ?? each);
  }
  return left.reverse();
}

type PerChannel = (channel: number) => number;

interface Convolution {
  attrs: Conv2dAttrs;
  weight: Tensor;
  bias: Tensor | undefined;
}

/** @property convolution null: the value itself */
interface Term {
  convolution: Convolution | null;
  scale: PerChannel;
}

interface LinearForm {
  /** Name of the node whose value the terms read; null: there are no terms, the form is a constant. */
  source: string | null;
  terms: readonly Term[];
  shift: PerChannel;
  /** Number of channels of the output; null: that of the source, or any. */
  channels: number | null;
  /** Names of the nodes that the form is made of, without the node that it is the form of. */
  parts: readonly string[];
}

const one: PerChannel = () => 1;
const zero: PerChannel = () => 0;

/** The value of a node as it is. */
function itself(name: string): LinearForm {
  return { source: name, terms: [{ convolution: null, scale: one }], shift: zero, channels: null, parts: [] };
}

/** @returns null if the node is not linear in one value, channel by channel */
function linearForm({ node, tensors }: BoundNode, operand: (name: string) => LinearForm): LinearForm | null {
  switch (node.op) {
    case 'conv2d': {
      if (node.attrs.activation !== undefined) return null;
      const convolution = { attrs: node.attrs, weight: tensors.get('weight')!, bias: tensors.get('bias') };
      const terms = [{ convolution, scale: one }];
      return { source: node.inputs[0]!, terms, shift: zero, channels: node.attrs.outChannels, parts: [] };
    }
    case 'parameter':
      return constant(node.attrs.shape, tensors.get(VALUE)!.data);
    case 'batchNorm2d':
      return normed(operand(node.inputs[0]!), node.attrs.channels, normScales(tensors, node.attrs.eps), tensors);
    case 'add':
      return node.attrs.activation === undefined ? sum(node.inputs.map(operand)) : null;
    case 'sub': {
      const [from, what] = node.inputs.map(operand);
      return sum([from!, scaled(what!, () => -1)]);
    }
    case 'mul': {
      const [a, b] = node.inputs.map(operand);
      return product(a!, b!) ?? product(b!, a!);
    }
    default:
      return null;
  }
}

/** Numbers for the channels of a map, `[C, 1, 1]`, or one for all. */
function constant([channels, ...plane]: Shape, values: Float32Array): LinearForm | null {
  if (channels === undefined || plane.length !== 2 || plane.some((size) => size !== 1)) return null;
  const [isOne, none] = [channels === 1, { source: null, terms: [], parts: [] }];
  return isOne ? { ...none, shift: () => values[0]!, channels: null } : { ...none, shift: (c) => values[c]!, channels };
}

function normed(
  form: LinearForm,
  channels: number,
  scale: Float64Array,
  tensors: ReadonlyMap<string, Tensor>,
): LinearForm | null {
  const [mean, shift] = [tensors.get('running_mean')!.data, tensors.get('bias')!.data];
  const offset = (c: number): number => shift[c]! - scale[c]! * mean[c]!;
  const norm = { source: null, terms: [], shift: offset, channels, parts: [] };
  return sum([scaled(form, (c) => scale[c]!), norm]);
}

function scaled(form: LinearForm, by: PerChannel): LinearForm {
  return {
    ...form,
    terms: form.terms.map(({ convolution, scale }) => ({ convolution, scale: (c) => by(c) * scale(c) })),
    shift: (c) => by(c) * form.shift(c),
  };
}

/** @param by null is returned unless it is a constant */
function product(form: LinearForm, by: LinearForm): LinearForm | null {
  const channels = commonChannels([form, by]);
  if (by.source !== null || channels === undefined) return null;
  return { ...scaled(form, by.shift), channels, parts: [...form.parts, ...by.parts] };
}

/** @returns null if they read several values, or the convolutions among them have no common window */
function sum(forms: readonly LinearForm[]): LinearForm | null {
  const sources = new Set(forms.flatMap(({ source }) => source ?? []));
  const channels = commonChannels(forms);
  if (sources.size !== 1 || channels === undefined) return null;
  const [source = null] = sources;
  const terms = forms.flatMap((form) => form.terms);
  if (terms.some(({ convolution }) => convolution !== null) && windowOf(terms) === null) return null;
  return {
    source,
    terms,
    shift: (c) => forms.reduce((total, { shift }) => total + shift(c), 0),
    channels,
    parts: forms.flatMap(({ parts }) => parts),
  };
}

/** Null: not known yet. Undefined: they differ, so that one is repeated along the channels. */
function commonChannels(forms: readonly LinearForm[]): number | null | undefined {
  const known = new Set(forms.flatMap(({ channels }) => channels ?? []));
  if (known.size > 1) return undefined;
  const [channels = null] = known;
  return channels;
}

function windowOf(terms: readonly Term[]): Conv2dAttrs | null {
  const first = terms.find(({ convolution }) => convolution !== null)?.convolution;
  return first == null ? null : commonWindow(terms.map(({ convolution }) => attrsOf(convolution, first)));
}

/** The value itself is a convolution of one tap, from each channel to itself. */
function attrsOf(convolution: Convolution | null, beside: Convolution): Conv2dAttrs {
  if (convolution !== null) return convolution.attrs;
  const { inChannels, groups } = beside.attrs;
  return {
    inChannels,
    outChannels: inChannels,
    kernel: [1, 1],
    stride: [1, 1],
    padding: [0, 0, 0, 0],
    dilation: [1, 1],
    groups,
    bias: false,
  };
}

/**
 * The convolution that gives the same, computed in float64 and rounded to float32 once.
 * @returns null if there is no convolution among the terms, or nothing but one
 */
function asConvolution({ source, terms, shift }: LinearForm, name: string): BoundNode | null {
  const attrs = windowOf(terms);
  if (source === null || terms.length < 2 || attrs === null) return null;
  const shape = [attrs.outChannels, attrs.inChannels / attrs.groups, ...attrs.kernel];
  const weight = new Float64Array(sizeOf(shape));
  const bias = Float64Array.from({ length: attrs.outChannels }, (_, c) => shift(c));
  for (const { convolution, scale } of terms) {
    if (convolution === null) addValue(weight, attrs, scale);
    else addFilters(weight, bias, attrs, convolution, scale);
  }
  const rounded = sharedFloats(weight.length);
  rounded.set(weight);
  return {
    node: { name, inputs: [source], op: 'conv2d', attrs },
    tensors: new Map([
      ['weight', { shape, data: rounded }],
      ['bias', { shape: [attrs.outChannels], data: Float32Array.from(bias) }],
    ]),
  };
}

/** Adds a convolution, at its place in the window. */
function addFilters(
  weight: Float64Array,
  bias: Float64Array,
  window: Conv2dAttrs,
  { attrs, ...own }: Convolution,
  scale: PerChannel,
): void {
  const [height, width] = attrs.kernel;
  const [top, left] = placeIn(window, attrs);
  const inputs = attrs.inChannels / attrs.groups;
  let from = 0;
  for (let out = 0; out < attrs.outChannels; out++) {
    const s = scale(out);
    bias[out]! += s * (own.bias?.data[out] ?? 0);
    for (let input = 0; input < inputs; input++) {
      for (let y = 0; y < height; y++) {
        const row = ((out * inputs + input) * window.kernel[0] + top + y) * window.kernel[1] + left;
        for (let x = 0; x < width; x++) weight[row + x]! += s * own.weight.data[from++]!;
      }
    }
  }
}

/** Adds the value itself: each output channel takes one tap of the same input channel. */
function addValue(weight: Float64Array, window: Conv2dAttrs, scale: PerChannel): void {
  const [height, width] = window.kernel;
  const [top, left] = placeIn(window, { ...window, padding: [0, 0, 0, 0] });
  const inputs = window.inChannels / window.groups;
  for (let c = 0; c < window.outChannels; c++) {
    weight[((c * inputs + (c % inputs)) * height + top) * width + left]! += scale(c);
  }
}
