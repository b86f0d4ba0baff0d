/**
 * The classes of transformers that are converted, one a line: those whose whole forward pass, from pixels to embedding and
 * scores, was compared with transformers 5.24 for several configurations (`spec/ci/forwards/classes.py`). Every other class is
 * refused: its tensors may be those of a network here, and be used in another way.
 */
import type { Hints } from '../../graph/backbones/index.js';
import { TRANSFORMERS_ACTIVATIONS } from '../../graph/index.js';

export interface TransformersClass {
  /** `model_type` of its `config.json`. */
  type: keyof typeof FIELDS;
  /** What its classifier takes; null: the class has none, and gives the usual embedding. */
  classifies: NonNullable<Hints['classifies']> | null;
}

// biome-ignore format: one line a class
export const TRANSFORMERS_CLASSES: Readonly<Record<string, TransformersClass>> = {
  ViTModel: { type: 'vit', classifies: null },
  ViTForImageClassification: { type: 'vit', classifies: 'token' },
  DeiTModel: { type: 'deit', classifies: null },
  DeiTForImageClassification: { type: 'deit', classifies: 'token' },
  DeiTForImageClassificationWithTeacher: { type: 'deit', classifies: 'token' },
  Dinov2Model: { type: 'dinov2', classifies: null },
  Dinov2ForImageClassification: { type: 'dinov2', classifies: 'token-and-mean' },
  Dinov2WithRegistersModel: { type: 'dinov2_with_registers', classifies: null },
  DINOv3ViTModel: { type: 'dinov3_vit', classifies: null },
  CLIPModel: { type: 'clip', classifies: null },
  CLIPVisionModel: { type: 'clip_vision_model', classifies: null },
  CLIPVisionModelWithProjection: { type: 'clip_vision_model', classifies: null },
  CLIPForImageClassification: { type: 'clip', classifies: 'mean-before-norm' },
  SiglipModel: { type: 'siglip', classifies: null },
  SiglipVisionModel: { type: 'siglip_vision_model', classifies: null },
  SiglipForImageClassification: { type: 'siglip', classifies: 'mean' },
  ResNetModel: { type: 'resnet', classifies: null },
  ResNetForImageClassification: { type: 'resnet', classifies: 'pooled' },
  RegNetModel: { type: 'regnet', classifies: null },
  RegNetForImageClassification: { type: 'regnet', classifies: 'pooled' },
  EfficientNetModel: { type: 'efficientnet', classifies: null },
  EfficientNetForImageClassification: { type: 'efficientnet', classifies: 'pooled' },
  ConvNextModel: { type: 'convnext', classifies: null },
  ConvNextForImageClassification: { type: 'convnext', classifies: 'pooled' },
  ConvNextV2Model: { type: 'convnextv2', classifies: null },
  ConvNextV2ForImageClassification: { type: 'convnextv2', classifies: 'pooled' },
  SwinModel: { type: 'swin', classifies: null },
  SwinForImageClassification: { type: 'swin', classifies: 'pooled' },
  Swinv2Model: { type: 'swinv2', classifies: null },
  Swinv2ForImageClassification: { type: 'swinv2', classifies: 'pooled' },
};

/** The same formulas under several names. */
const GELU = [...TRANSFORMERS_ACTIVATIONS].flatMap(([name, activation]) => (activation === 'gelu' ? [name] : []));
const TOKENS = [...TRANSFORMERS_ACTIVATIONS.keys()];

/**
 * Fields of `config.json` that change the forward pass and that no tensor shows, with the values that are converted. Where a
 * field is left out it has the class's own default, which is among them. Fields of other names are read, or show in tensors,
 * or matter in training only.
 */
// biome-ignore format: one line a type
export const FIELDS = {
  vit: { hidden_act: TOKENS, pooler_act: ['tanh'] },
  deit: { hidden_act: TOKENS, pooler_act: ['tanh'] },
  dinov2: { hidden_act: TOKENS, use_swiglu_ffn: [false] },
  dinov2_with_registers: { hidden_act: TOKENS, use_swiglu_ffn: [false] },
  dinov3_vit: { hidden_act: TOKENS, use_gated_mlp: [false], key_bias: [false] },
  clip: { hidden_act: TOKENS },
  clip_vision_model: { hidden_act: TOKENS },
  siglip: { hidden_act: TOKENS, vision_use_head: [true] },
  siglip_vision_model: { hidden_act: TOKENS, vision_use_head: [true] },
  resnet: { hidden_act: ['relu'], downsample_in_bottleneck: [false], downsample_in_first_stage: [false] },
  regnet: { hidden_act: ['relu'], downsample_in_first_stage: [true] },
  efficientnet: { hidden_act: ['swish', 'silu'], pooling_type: ['mean'], strides: [[1, 2, 2, 2, 1, 2, 1]] },
  convnext: { hidden_act: GELU },
  convnextv2: { hidden_act: GELU },
  // Not all norms have this ε.
  swin: { hidden_act: GELU, use_absolute_embeddings: [false], layer_norm_eps: [1e-5] },
  swinv2: { hidden_act: GELU, use_absolute_embeddings: [false], layer_norm_eps: [1e-5] },
} as const satisfies Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>>;
