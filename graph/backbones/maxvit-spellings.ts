/** How MaxViTs are spelt, and how a body is read from the shapes of its tensors. */
import type { Proposal, Shapes, Spelling } from './family.js';
import type { MaxVitBody, MaxVitStage } from './maxvit-body.js';

/** A table that follows from the size of a window. */
const COMPUTED = /\.relative_position_index$/;

const TORCHVISION: Spelling = {
  library: 'torchvision',
  anchor: /^(.*\.|)blocks\.0\.layers\.0\.layers\.MBconv\.layers\.pre_norm\.weight$/,
  computed: COMPUTED,
  rename(name, { prefix, shapes }) {
    const [, part] = /^classifier\.2\.(weight|bias)$/.exec(name) ?? [];
    // Another head may have a Linear there.
    if (part !== undefined) return shapes.get(`${prefix}classifier.2.weight`)?.length === 1 ? `norm.${part}` : null;
    return /^(stem|blocks|norm)\./.test(name) && !COMPUTED.test(name) ? name : null;
  },
};

export const MAXVIT_SPELLINGS: readonly Spelling[] = [TORCHVISION];

export function proposeMaxVit(shapes: Shapes): Proposal<MaxVitBody>[] {
  const [stem = 0, channels = 0] = shapes.get('stem.0.0.weight') ?? [];
  const [rows = 0] = shapes.get(`blocks.0.layers.0.layers.window_attention.${BIAS_TABLE}`) ?? [];
  const window = (Math.sqrt(rows) + 1) / 2;
  const stages = [...stagesOf(shapes)];
  if (stem === 0 || stages.length === 0 || !Number.isInteger(window)) return [];
  const body: MaxVitBody = { family: 'maxvit', stem, stages, window, norm: shapes.has('norm.weight') };
  return [{ body, channels, assumed: [] }];
}

const BIAS_TABLE = 'attn_layer.1.relative_position_bias_table';

function* stagesOf(shapes: Shapes): Generator<MaxVitStage> {
  for (let stage = 0; ; stage++) {
    const block = (i: number) => `blocks.${stage}.layers.${i}.layers`;
    const shape = (part: string) => shapes.get(`${block(0)}.${part}`) ?? [];
    let depth = 0;
    while (shapes.has(`${block(depth)}.MBconv.layers.pre_norm.weight`)) depth++;
    if (depth === 0) return;
    const [width = 0, expanded = 0] = shape('MBconv.layers.conv_c.weight');
    const [squeeze = 0] = shape('MBconv.layers.squeeze_excitation.fc1.weight');
    const [, heads = 0] = shape(`window_attention.${BIAS_TABLE}`);
    const [hidden = 0] = shape('window_attention.mlp_layer.1.weight');
    yield { depth, width, heads, expanded, squeeze, hidden };
  }
}
