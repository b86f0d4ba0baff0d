/**
 * EfficientNet (Tan and Le, https://arxiv.org/abs/1905.11946), EfficientNetV2 (https://arxiv.org/abs/2104.00298) and
 * EfficientNet-Lite as torchvision lays them out (`torchvision/models/efficientnet.py`), of any depth and width.
 */

import type { Preprocessing } from '../../weights/index.js';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { imagenetPreprocessing } from './backbone.js';
import {
  EFFICIENTNET_SPELLINGS,
  type EfficientNetBody,
  proposeEfficientNet,
  STRIDES,
  schema,
} from './efficientnet-body.js';
import { defineFamily, numbered, type Setting } from './family.js';
import { divisible, type MbBlock, type MbStyle, mbBlock, paddingsOf } from './mbconv.js';
import { convNorm } from './shared-layers.js';

type Stage = readonly [kind: 'mb' | 'fused', expansion: number, kernel: number, out: number, repeats: number];

/** Table 1 of the first paper. */
const B0: readonly Stage[] = [
  ['mb', 1, 3, 16, 1],
  ['mb', 6, 3, 24, 2],
  ['mb', 6, 5, 40, 2],
  ['mb', 6, 3, 80, 3],
  ['mb', 6, 5, 112, 3],
  ['mb', 6, 5, 192, 4],
  ['mb', 6, 3, 320, 1],
];

function stages(rows: readonly Stage[], stem: number): EfficientNetBody['stages'] {
  let inputs = stem;
  return rows.map(([kind, expansion, kernel, out, repeats], i) => {
    const blocks = Array.from({ length: repeats }, (): MbBlock => {
      const expanded = divisible(inputs * expansion);
      const squeeze = kind === 'mb' ? Math.max(1, Math.floor(inputs / 4)) : 0;
      const whole = kind === 'mb' ? 'inverted' : 'fused';
      const thin = kind === 'mb' ? 'depthwise' : 'plain';
      inputs = out;
      return { kind: expansion === 1 ? thin : whole, expanded, kernel, out, squeeze };
    });
    return { stride: STRIDES[i]!, blocks };
  });
}

function first(width: number, depth: number, eps: number): EfficientNetBody {
  const rows = B0.map(([kind, expansion, kernel, out, repeats]): Stage => {
    return [kind, expansion, kernel, divisible(out * width), Math.ceil(repeats * depth)];
  });
  const stem = divisible(32 * width);
  return { ...COMMON, stem, stages: stages(rows, stem), last: 4 * rows.at(-1)![3], eps };
}

const COMMON = { family: 'efficientnet', activation: 'silu', padding: 'symmetric' } as const;

/** Table 4 of the second paper. */
function second(outs: readonly number[], repeats: readonly number[]): EfficientNetBody {
  const rows = outs.map((out, i): Stage => {
    const expansion = i === 0 ? 1 : i < 4 ? 4 : 6;
    return [i < 3 ? 'fused' : 'mb', expansion, 3, out, repeats[i]!];
  });
  return { ...COMMON, stem: outs[0]!, stages: stages(rows, outs[0]!), last: 1280, eps: 0.001 };
}

/** torchvision's networks, and the sides of their first weights: of the resize and of the crop. */
const NETWORKS: Readonly<Record<string, readonly [EfficientNetBody, resize: number, crop: number]>> = {
  efficientnet_b0: [first(1, 1, 1e-5), 256, 224],
  efficientnet_b1: [first(1, 1.1, 1e-5), 256, 240],
  efficientnet_b2: [first(1.1, 1.2, 1e-5), 288, 288],
  efficientnet_b3: [first(1.2, 1.4, 1e-5), 320, 300],
  efficientnet_b4: [first(1.4, 1.8, 1e-5), 384, 380],
  efficientnet_b5: [first(1.6, 2.2, 0.001), 456, 456],
  efficientnet_b6: [first(1.8, 2.6, 0.001), 528, 528],
  efficientnet_b7: [first(2, 3.1, 0.001), 600, 600],
  efficientnet_v2_s: [second([24, 48, 64, 128, 160, 256], [2, 4, 4, 6, 9, 15]), 384, 384],
  efficientnet_v2_m: [second([24, 48, 80, 160, 176, 304, 512], [3, 5, 5, 7, 14, 18, 5]), 480, 480],
  efficientnet_v2_l: [second([32, 64, 96, 192, 224, 384, 640], [4, 7, 7, 10, 19, 25, 7]), 480, 480],
};

function preprocessing(variant: string | null): Preprocessing {
  const [, resize = 256, crop = 224] = NETWORKS[variant ?? ''] ?? [];
  const size: [number, number] = [crop, crop];
  const half = variant === 'efficientnet_v2_l' ? { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } : {};
  const isBilinear = variant === 'efficientnet_v2_s' || variant === 'efficientnet_v2_m';
  const filter = isBilinear ? {} : ({ interpolation: 'bicubic' } as const);
  return { ...imagenetPreprocessing, size, resize, crop: size, ...filter, ...half };
}

export const efficientnets = defineFamily<EfficientNetBody>({
  name: 'efficientnet',
  title: 'an EfficientNet',
  schema,
  variants: Object.fromEntries(Object.entries(NETWORKS).map(([name, [body]]) => [name, body])),
  preprocessing,
  head: { module: 'classifier', layers: numbered('dropout', 'linear'), before: 'avgpool' },
  tap: 'avgpool',
  network: efficientnet,
  features: ({ last }) => last,
  essence: ({ stages, stem, last }) => ({ stages, stem, last }),
  spellings: EFFICIENTNET_SPELLINGS,
  propose: proposeEfficientNet,
});

/** @param head the layers of `classifier`; they take the features */
function efficientnet(body: EfficientNetBody, head: Layer, setting: Setting): Layer {
  return (m, image) => {
    let x = m.run('features', features(body, setting), image);
    x = nn.flatten(m, m.run('avgpool', nn.adaptiveAvgPool2d(1), x));
    return m.run('classifier', head, x);
  };
}

function features(
  { stem, stages, last, activation: name, eps, padding: mode, evenBlocks = [], firstAdds }: EfficientNetBody,
  { image }: Setting,
): Layer {
  const activation = { silu: nn.pointwise('silu'), relu6: nn.relu6, relu: nn.relu }[name];
  const style: MbStyle = { activation, squeeze: { activation, gate: nn.pointwise('sigmoid') }, eps };
  const pad = paddingsOf(mode, image);
  let count = 0;
  return nn.sequential(
    convNorm(stem, 3, { stride: 2, padding: pad(3, 2), activation, eps }),
    ...stages.map(({ stride, blocks }) =>
      nn.sequential(
        ...blocks.map((block, i) => {
          const own = i === 0 ? stride : 1;
          const usual = pad(block.kernel, own);
          const padding = evenBlocks.includes(count++) ? nn.symmetric((block.kernel - 1) / 2) : usual;
          return mbBlock(block, own, padding, { ...style, adds: i > 0 || firstAdds });
        }),
      ),
    ),
    convNorm(last, 1, { activation, eps }),
  );
}
