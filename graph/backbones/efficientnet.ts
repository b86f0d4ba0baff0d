/** EfficientNet (https://arxiv.org/abs/1905.11946), V2 (https://arxiv.org/abs/2104.00298) and Lite, by torchvision. */

import type { Preprocessing } from '../../weights/index.js';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { imagenetPreprocessing } from './backbone.js';
import { EFFICIENTNET_SPELLINGS, type EfficientNetBody, proposeEfficientNet, schema } from './efficientnet-body.js';
import { defineFamily, numbered, type Setting } from './family.js';
import { type MbStyle, mbBlock, paddingsOf } from './mbconv.js';
import { convNorm } from './shared-layers.js';

/** The sides of the resize and of the crop for torchvision's first weights. */
const SIDES: Readonly<Record<string, readonly [resize: number, crop: number]>> = {
  efficientnet_b0: [256, 224],
  efficientnet_b1: [256, 240],
  efficientnet_b2: [288, 288],
  efficientnet_b3: [320, 300],
  efficientnet_b4: [384, 380],
  efficientnet_b5: [456, 456],
  efficientnet_b6: [528, 528],
  efficientnet_b7: [600, 600],
  efficientnet_v2_s: [384, 384],
  efficientnet_v2_m: [480, 480],
  efficientnet_v2_l: [480, 480],
};

function preprocessing(variant: string | null, { activation }: EfficientNetBody): Preprocessing {
  const [resize, crop] = SIDES[variant ?? ''] ?? [256, 224];
  const size: [number, number] = [crop, crop];
  const half = variant === 'efficientnet_v2_l' ? { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } : {};
  // Lite, whose activation is ReLU6, was trained on bilinear images (timm's remark on `tf_efficientnet_lite0`).
  const isBilinear = activation === 'relu6' || variant === 'efficientnet_v2_s' || variant === 'efficientnet_v2_m';
  const filter = isBilinear ? {} : ({ interpolation: 'bicubic' } as const);
  return { ...imagenetPreprocessing, size, resize, crop: size, ...filter, ...half };
}

export const efficientnets = defineFamily<EfficientNetBody>({
  name: 'efficientnet',
  title: 'an EfficientNet',
  schema,
  preprocessing,
  head: { module: 'classifier', layers: numbered('dropout', 'linear'), before: 'avgpool' },
  tap: 'avgpool',
  network: efficientnet,
  features: ({ last }) => last,
  essence: ({ stages, stem, last }) => ({ stages, stem, last }),
  spellings: EFFICIENTNET_SPELLINGS,
  propose: proposeEfficientNet,
});

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
