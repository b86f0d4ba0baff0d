/** What no tensor of a vision transformer says: the kind of GELU, and ε of its layer norms. It follows from the library. */
import { TRANSFORMERS_ACTIVATIONS } from '../operations/pointwise.js';
import type { Hints } from './family.js';
import { TOKEN_ACTIVATIONS, type VitBody } from './vit-body.js';

/** The part of `config.json` that is about images. */
export function visionConfig({ config }: Hints): Readonly<Record<string, unknown>> | undefined {
  const inner = config?.['vision_config'];
  return typeof inner === 'object' && inner !== null ? { ...inner } : config;
}

export type Style = Pick<VitBody, 'activation' | 'eps'> & { reading: string; assumed: string[] };

/** What no tensor says: the kind of GELU and ε. */
export function stylesOf(hints: Hints, known: Known): Style[] {
  switch (hints.spelling) {
    case 'torchvision':
      return [{ activation: 'gelu', eps: 1e-6, reading: 'torchvision:vit', assumed: [] }];
    case 'transformers':
      return transformersStyles(hints, known);
    case 'open_clip':
      return openClipStyles(hints);
    default:
      return timmStyles(hints, known);
  }
}

type Known = Pick<VitBody, 'preNorm' | 'layerScale' | 'pool' | 'classToken' | 'positions'>;

/** By transformers' types. */
const USUAL = {
  clip: ['quick_gelu', 1e-5],
  dinov2: ['gelu', 1e-6],
  dinov3_vit: ['gelu', 1e-5],
  siglip: ['gelu_tanh', 1e-6],
  vit: ['gelu', 1e-12],
} as const;

function typeOf({ preNorm, layerScale, pool, positions }: Known): keyof typeof USUAL {
  if (positions === 'rotary') return 'dinov3_vit';
  if (preNorm) return 'clip';
  if (layerScale) return 'dinov2';
  return pool === 'attention' ? 'siglip' : 'vit';
}

function transformersStyles(hints: Hints, known: Known): Style[] {
  const type = typeOf(known);
  const config = visionConfig(hints);
  const said = config?.['hidden_act'];
  const activation = typeof said === 'string' ? TRANSFORMERS_ACTIVATIONS.get(said) : USUAL[type][0];
  const eps = config?.['layer_norm_eps'];
  if (activation === undefined) return [];
  const assumed = config === undefined ? [`its activation is ${activation}, as transformers' ${type} has it`] : [];
  const reading = `transformers:${type}`;
  return [{ activation, eps: typeof eps === 'number' ? eps : USUAL[type][1], reading, assumed }];
}

/** open_clip has OpenAI's networks, too, under names that end in `-quickgelu`. */
function openClipStyles(hints: Hints): Style[] {
  const { library, architecture = '' } = hints;
  const style = (activation: VitBody['activation'], name: string): Style => {
    return { activation, eps: 1e-5, reading: `open_clip:${name}`, assumed: [] };
  };
  const styles = [style('gelu', 'ViT-B-32'), style('quick_gelu', 'ViT-B-32-quickgelu')];
  const said = visionConfig(hints)?.['hidden_act'];
  if (library === 'open_clip') {
    return styles.filter(({ activation }) => (activation === 'quick_gelu') === /quickgelu/i.test(architecture));
  }
  return typeof said === 'string'
    ? styles.filter(({ activation }) => activation === TRANSFORMERS_ACTIVATIONS.get(said))
    : styles;
}

function timmStyles({ forward }: Hints, { preNorm, pool, classToken, positions }: Known): Style[] {
  const style = (activation: VitBody['activation'], name: string, eps: number): Style => {
    return { activation, eps, reading: `timm:${name}`, assumed: [] };
  };
  if (forward !== undefined) {
    const activation = TOKEN_ACTIVATIONS.find((name) => name === (forward.activation ?? 'gelu'));
    return activation === undefined ? [] : [style(activation, 'vit', forward.eps ?? 1e-6)];
  }
  if (positions === 'rotary') {
    const assumed = ['its patches have rotary positions, as those of DINOv3, since no tensor has any'];
    return [{ ...style('gelu', 'vit_small_patch16_dinov3', 1e-5), assumed }];
  }
  if (preNorm) {
    return [
      style('gelu', 'vit_base_patch16_clip_224', 1e-5),
      style('quick_gelu', 'vit_base_patch16_clip_quickgelu_224', 1e-5),
    ];
  }
  const usual = style('gelu', classToken ? 'vit' : 'vit_base_patch16_siglip_224', 1e-6);
  if (classToken && pool !== 'attention') return [usual];
  return [usual, style('gelu_tanh', 'vit_base_patch32_siglip_256', 1e-6)];
}
