/** Small networks written layer by layer. Their plans, run with plain loops, are compared with a direct evaluation. */
import type { PlanRequest } from '../../../engine/backends/simd/compiling/compile-plan.js';
import type { PartRule } from '../../../engine/backends/simd/compiling/values.js';
import type { KernelRates, Plan } from '../../../engine/backends/simd/planning/step.js';
import type { PlanPrecision } from '../../../engine/contract/backend.js';
import { type BoundGraph, bind, type Graph, type GraphNode, type Op } from '../../../graph/index.js';
import { runReference } from '../../../graph/reference.js';
import { formulaTensors } from '../formula-tensors.js';
import { networkInput } from '../network-goldens.js';
import { readFixture } from '../places.js';
import { pixels } from '../pseudo-random.js';
import { relativeError } from '../relative-error.js';
import { assert } from '../test.js';
import { EAGER_RATES, planAndRun } from './run-plan.js';

const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

/** Each layer with its inputs; the first layer reads `:input`. */
export type Layers = [name: string, inputs: string | string[], operation: Op][];

export function network(layers: Layers): BoundGraph {
  const nodes = layers.map(([name, inputs, operation]): GraphNode => {
    return { name, inputs: typeof inputs === 'string' ? [inputs] : inputs, ...operation };
  });
  const graph: Graph = {
    nodes: [{ name: ':input', inputs: [], op: 'input' }, ...nodes],
    output: layers.at(-1)![0],
    modules: new Map(),
  };
  return bind(graph, formulaTensors(graph));
}

/** A network of `spec/fixtures/engine/simd/NAME.json`, with the size of its images where that matters. */
export interface StoredNetwork {
  name: string;
  size: [number, number] | undefined;
  layers: Layers;
}

/** Layers as stored: `conv` with the arguments of the function below, others with their attributes. */
type StoredLayer = [name: string, inputs: string | string[], op: string, ...given: unknown[]];

export function storedNetworks(name: string): StoredNetwork[] {
  const stored: (Omit<StoredNetwork, 'layers'> & { layers: StoredLayer[] })[] = readFixture(
    'engine',
    'simd',
    `${name}.json`,
  );
  return stored.map(({ layers, ...network }) => ({
    ...network,
    layers: layers.map(([node, inputs, op, ...given]) => {
      const [attrs = {}] = given;
      return [node, inputs, op === 'conv' ? conv(...(given as Parameters<typeof conv>)) : ({ op, attrs } as Op)];
    }),
  }));
}

type Size = number | [number, number];
const pair = (size: Size): [number, number] => (typeof size === 'number' ? [size, size] : size);

export function conv(
  inChannels: number,
  outChannels: number,
  kernel: Size,
  more: {
    stride?: Size;
    padding?: Size | [number, number, number, number];
    dilation?: Size;
    groups?: number;
    bias?: boolean;
    activation?: 'relu' | 'relu6';
  } = {},
): Op {
  const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, activation } = more;
  const [vertical, horizontal] = typeof padding === 'object' && padding.length === 4 ? [0, 0] : pair(padding as Size);
  return {
    op: 'conv2d',
    attrs: {
      inChannels,
      outChannels,
      kernel: pair(kernel),
      stride: pair(stride),
      padding:
        typeof padding === 'object' && padding.length === 4 ? padding : [vertical, vertical, horizontal, horizontal],
      dilation: pair(dilation),
      groups,
      bias,
      ...(activation === undefined ? {} : { activation }),
    },
  };
}

export interface CheckOptions {
  images?: number;
  /** Other outputs to compare; the network's own is always compared. */
  taps?: string[];
  precision?: PlanPrecision;
  rates?: KernelRates;
  /** Relative to the largest value. */
  error?: number;
}

/** Computes images together throughout. */
export const TOGETHER: PartRule = { cachedBytes: Number.POSITIVE_INFINITY, filterCost: 0 };
/** Computes one image at a time as far as the graph allows. */
export const ALONE: PartRule = { cachedBytes: 0, filterCost: 0 };

/** Runs the first layers one image at a time and all together. Every wanted output must be the same to the bit. */
export function checkParts(
  model: BoundGraph,
  [height, width]: readonly [number, number],
  { images = 3, taps = [], rates = EAGER_RATES, parts = ALONE }: CheckOptions & { parts?: PartRule } = {},
): Plan {
  const data = pixels('image', images * height * width * 3);
  const request = { images, height, width, taps, scores: true, mean: MEAN, std: STD, precision: 'float32' } as const;
  const alone = planAndRun(model, { ...request, parts }, data, rates);
  const together = planAndRun(model, { ...request, parts: TOGETHER }, data, rates);
  assert.equal(alone.outputs, together.outputs);
  return alone.plan;
}

/** Compares every wanted output with the reference. Returns the plan. */
export function checkPlan(
  model: BoundGraph,
  [height, width]: readonly [number, number],
  { images = 2, taps = [], precision = 'float32', rates = EAGER_RATES, error = 2e-5 }: CheckOptions = {},
): Plan {
  const data = pixels('image', images * height * width * 3);
  const request: PlanRequest = { images, height, width, taps, scores: true, mean: MEAN, std: STD, precision };
  const { plan, outputs } = planAndRun(model, request, data, rates);
  const expected = runReference(model, networkInput({ rows: images, height, width, data }, MEAN, STD));
  for (const tap of new Set([...taps, model.graph.output])) {
    const difference = relativeError(outputs.get(tap)!, expected.get(tap)!.data);
    assert.ok(difference < error, `${tap}: differs by ${difference}`);
  }
  return plan;
}
