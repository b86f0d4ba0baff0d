/**
 * The network that the kernels are tested with at start. It is small, and its sizes fit no tile. It has every kernel
 * except `strassen`, which is chosen only for more channels. Each is placed so that a mistake shows in the output.
 * Weights and images come from a formula.
 */
import {
  type BoundGraph,
  bind,
  type Conv2dAttrs,
  type Graph,
  type GraphNode,
  type Pool2dAttrs,
} from '../../../../graph/index.js';
import { formulaTensors, scatteredBytes } from '../../../contract/formula-model.js';

export const TEST_IMAGES = { images: 5, height: 10, width: 9 } as const;
export const TEST_OUTPUTS = 8;
export const TEST_NORMALISATION = { mean: [0.4, 0.5, 0.6], std: [0.25, 0.2, 0.3] } as const;

const CHANNELS = 32;

export function testModel(): BoundGraph {
  const graph: Graph = { nodes: NODES, output: 'logits', modules: new Map() };
  return bind(graph, formulaTensors(graph));
}

/** `[images, height, width, 3]`. */
export function testPixels(): Uint8Array {
  const { images, height, width } = TEST_IMAGES;
  return scatteredBytes(images * height * width * 3);
}

/** Square windows throughout; `same` padding unless `padding` is given. */
function conv(
  channels: readonly [number, number],
  side: number,
  {
    stride = 1,
    dilation = 1,
    groups = 1,
    padding,
  }: Partial<Pick<Conv2dAttrs, 'groups' | 'padding'>> & { stride?: number; dilation?: number } = {},
): Conv2dAttrs {
  const pad = (dilation * (side - 1)) / 2;
  return {
    inChannels: channels[0],
    outChannels: channels[1],
    kernel: [side, side],
    stride: [stride, stride],
    padding: padding ?? [pad, pad, pad, pad],
    dilation: [dilation, dilation],
    groups,
    bias: true,
  };
}

function pool(side: number, stride: number, pad: number): Pool2dAttrs {
  return { kernel: [side, side], stride: [stride, stride], padding: [pad, pad, pad, pad], ceilMode: true };
}

const SAME = [CHANNELS, CHANNELS] as const;

/**
 * Maps: 10×9, after `pool` 6×5, `higher` 7×6, `wider` 5×7, after `strided` 3×4, after `average` 2×2. The last tiles of
 * F(4×4) then have each number of outputs along each axis.
 */
const NODES: readonly GraphNode[] = [
  { name: ':input', inputs: [], op: 'input' },
  { name: 'stem', inputs: [':input'], op: 'conv2d', attrs: conv([3, 20], 3) },
  { name: 'stem.relu', inputs: ['stem'], op: 'relu' },
  { name: 'dilated', inputs: [':input'], op: 'conv2d', attrs: conv([3, 12], 3, { dilation: 2 }) },
  { name: 'joined', inputs: ['stem.relu', 'dilated'], op: 'concat', attrs: { axis: 1 } },
  { name: 'wide', inputs: ['joined'], op: 'conv2d', attrs: conv(SAME, 3) },
  { name: 'sum', inputs: ['wide', 'joined'], op: 'add', attrs: { activation: 'relu' } },
  { name: 'pool', inputs: ['sum'], op: 'maxPool2d', attrs: pool(3, 2, 1) },
  { name: 'higher', inputs: ['pool'], op: 'conv2d', attrs: conv(SAME, 3, { padding: [2, 1, 2, 1] }) },
  { name: 'wider', inputs: ['higher'], op: 'conv2d', attrs: conv(SAME, 3, { padding: [0, 0, 1, 2] }) },
  { name: 'depthwise', inputs: ['wider'], op: 'conv2d', attrs: conv(SAME, 3, { groups: CHANNELS }) },
  { name: 'relu6', inputs: ['depthwise'], op: 'relu6' },
  { name: 'twice', inputs: ['relu6', 'wider'], op: 'add', attrs: {} },
  { name: 'doubled', inputs: ['twice', 'relu6'], op: 'add', attrs: {} },
  { name: 'pointwise', inputs: ['doubled'], op: 'conv2d', attrs: conv(SAME, 1) },
  { name: 'strided', inputs: ['pointwise'], op: 'conv2d', attrs: conv(SAME, 3, { stride: 2, groups: 2 }) },
  { name: 'average', inputs: ['strided'], op: 'avgPool2d', attrs: { ...pool(2, 2, 0), countIncludePad: false } },
  { name: 'small', inputs: ['average'], op: 'conv2d', attrs: conv(SAME, 3) },
  { name: ':flatten', inputs: ['small'], op: 'flatten' },
  {
    name: 'logits',
    inputs: [':flatten'],
    op: 'linear',
    attrs: { inFeatures: 4 * CHANNELS, outFeatures: TEST_OUTPUTS, bias: true },
  },
];

/** Its logits, computed in float64 by the definitions of its layers: a line an image. A spec computes them again. */
export const EXPECTED_LOGITS: readonly number[] = [
  0.011460974, -1.01842, -0.74908324, 0.82976488, -0.93088117, -0.30083337, 0.38922945, -0.044199796, -0.45573761,
  -0.27880089, -0.65681046, -0.052604828, -1.3300113, -0.038658453, 0.70263247, 0.11418732, 0.39475956, -0.35784676,
  -0.43056969, 0.6400918, -0.77157387, -0.55754725, 0.57731751, -0.60531305, 0.30142355, -1.5843839, -1.1683732,
  0.79295721, -0.28926962, 0.031550969, 0.55044859, -0.7672146, -0.080650742, -0.80897986, -0.64226222, 0.17207601,
  -0.76052901, -0.54959855, 0.18384455, -0.3268812,
];
