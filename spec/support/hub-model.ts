/** A small ResNet as a repository of the Hub keeps it: timm's `config.json` and `model.safetensors`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGraph } from '../../graph/backbones/index.js';
import { parameters } from '../../graph/index.js';
import { pixels, writeNpz } from './npz-file.js';
import { temporaryFolder } from './places.js';
import { narrowBody, pseudoTensor } from './pseudo-weights.js';
import { writeSafetensors } from './safetensors.js';

/** What timm writes of a model that is fed 32×32 pixels. */
export const timmConfig = {
  num_classes: 3,
  pretrained_cfg: {
    input_size: [3, 32, 32],
    crop_pct: 0.8,
    interpolation: 'bicubic',
    mean: [0.1, 0.2, 0.3],
    std: [0.4, 0.5, 0.6],
  },
};

/** @param seed tells one training from another */
export function smallModel(seed: string): Buffer {
  const graph = buildGraph({ backbone: 'resnet', body: narrowBody, head: [], classes: 3 });
  const tensors = [...parameters(graph)].map(([name, shape]) => {
    return [name, pseudoTensor(name, shape, `${seed} ${name}`)] as const;
  });
  const path = join(temporaryFolder(), 'model.safetensors');
  writeSafetensors(
    path,
    new Map(tensors.map(([name, { shape, data }]) => [name, { shape, data: Float32Array.from(data) }])),
  );
  return readFileSync(path);
}

export function smallRepository(seed = 'first'): Record<string, Buffer | string> {
  return { 'README.md': 'A model.', 'config.json': JSON.stringify(timmConfig), 'model.safetensors': smallModel(seed) };
}

/** Four images for `embed`. @returns the path */
export function fourImages(): string {
  const path = join(temporaryFolder(), 'images.npz');
  writeNpz(path, { arr_0: { descr: '|u1', shape: [4, 32, 32, 3], values: pixels(4, 32) } });
  return path;
}

// * A small ViT and a small CLIP with random weights, with the files, the names of tensors and the configuration that
// `google/vit-base-patch16-224` and `openai/clip-vit-base-patch32` have on the Hub.

/** `positions` are the whole numbers from 0, as int64: the checkpoints of CLIP have them. */
type Tensors = (readonly [name: string, shape: readonly number[], values?: 'positions'])[];

interface Tower {
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
}

const TOWER: Tower = { hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2 };
const [SIDE, PATCH, CHANNELS] = [32, 8, 3];
const PATCHES = (SIDE / PATCH) ** 2;
const LABELS = ['tench', 'goldfish', 'great white shark', 'tiger shark', 'hammerhead'];
const PROJECTION = 24;
const TEXT: Tower = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, num_attention_heads: 2 };
const [WORDS, LENGTH] = [12, 7];

/** The length of an embedding, and the names of the classes. */
export const SMALL_VIT = { width: TOWER.hidden_size, labels: LABELS };
export const SMALL_CLIP = { width: PROJECTION, labels: [] };

/** What `ViTForImageClassification.save_pretrained` and its image processor write. */
export function vitRepository(): Record<string, Buffer | string> {
  return repository({
    config: {
      architectures: ['ViTForImageClassification'],
      model_type: 'vit',
      ...TOWER,
      ...{ image_size: SIDE, patch_size: PATCH, num_channels: CHANNELS },
      ...{ hidden_act: 'gelu', layer_norm_eps: 1e-12, qkv_bias: true, encoder_stride: PATCH },
      id2label: Object.fromEntries(LABELS.map((label, i) => [i, label])),
      label2id: Object.fromEntries(LABELS.map((label, i) => [label, i])),
    },
    preprocessor: {
      ...{ do_normalize: true, do_rescale: true, do_resize: true, image_processor_type: 'ViTImageProcessor' },
      ...{ image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5], resample: 2, rescale_factor: 1 / 255 },
      size: { height: SIDE, width: SIDE },
    },
    tensors: vitTensors(),
  });
}

/** What `CLIPModel.save_pretrained` and its image processor write, the text tower included. */
export function clipRepository(): Record<string, Buffer | string> {
  const text = { model_type: 'clip_text_model', ...TEXT, vocab_size: WORDS, max_position_embeddings: LENGTH };
  const vision = { model_type: 'clip_vision_model', ...TOWER, image_size: SIDE, patch_size: PATCH };
  const shared = { hidden_act: 'quick_gelu', layer_norm_eps: 1e-5, projection_dim: PROJECTION };
  return repository({
    config: {
      architectures: ['CLIPModel'],
      model_type: 'clip',
      projection_dim: PROJECTION,
      text_config: { ...text, ...shared },
      vision_config: { ...vision, ...shared },
    },
    preprocessor: {
      ...{ do_center_crop: true, do_normalize: true, do_resize: true, feature_extractor_type: 'CLIPFeatureExtractor' },
      image_mean: [0.48145466, 0.4578275, 0.40821073],
      image_std: [0.26862954, 0.26130258, 0.27577711],
      ...{ crop_size: SIDE, resample: 3, size: SIDE },
    },
    tensors: clipTensors(),
  });
}

interface Repository {
  config: object;
  preprocessor: object;
  tensors: Tensors;
}

function repository({ config, preprocessor, tensors }: Repository): Record<string, Buffer | string> {
  const path = join(temporaryFolder(), 'model.safetensors');
  writeSafetensors(
    path,
    new Map(tensors.map(([name, shape, kind]) => [name, { shape, data: valuesOf(name, shape, kind) }])),
  );
  return {
    'config.json': JSON.stringify(config),
    'preprocessor_config.json': JSON.stringify(preprocessor),
    'model.safetensors': readFileSync(path),
  };
}

function valuesOf(name: string, shape: readonly number[], kind?: 'positions'): Float32Array | BigInt64Array {
  if (kind === undefined) return Float32Array.from(pseudoTensor(name, shape).data);
  return BigInt64Array.from({ length: shape[1] as number }, (_, i) => BigInt(i));
}

function vitTensors(): Tensors {
  const { hidden_size: width, intermediate_size: hidden } = TOWER;
  const layer = (at: string): Tensors => [
    ...['query', 'key', 'value'].flatMap((part) => linear(`${at}.attention.attention.${part}`, width, width)),
    ...linear(`${at}.attention.output.dense`, width, width),
    ...linear(`${at}.intermediate.dense`, hidden, width),
    ...linear(`${at}.output.dense`, width, hidden),
    ...norm(`${at}.layernorm_before`, width),
    ...norm(`${at}.layernorm_after`, width),
  ];
  return [
    ['vit.embeddings.cls_token', [1, 1, width]],
    ['vit.embeddings.position_embeddings', [1, PATCHES + 1, width]],
    ['vit.embeddings.patch_embeddings.projection.weight', [width, CHANNELS, PATCH, PATCH]],
    ['vit.embeddings.patch_embeddings.projection.bias', [width]],
    ...layers('vit.encoder.layer', TOWER, layer),
    ...norm('vit.layernorm', width),
    ...linear('classifier', LABELS.length, width),
  ];
}

function clipTensors(): Tensors {
  const { hidden_size: width } = TOWER;
  const vision = 'vision_model.embeddings';
  return [
    ['logit_scale', []],
    ['text_model.embeddings.position_ids', [1, LENGTH], 'positions'],
    ['text_model.embeddings.position_embedding.weight', [LENGTH, TEXT.hidden_size]],
    ['text_model.embeddings.token_embedding.weight', [WORDS, TEXT.hidden_size]],
    ...clipLayers('text_model.encoder.layers', TEXT),
    ...norm('text_model.final_layer_norm', TEXT.hidden_size),
    ['text_projection.weight', [PROJECTION, TEXT.hidden_size]],
    [`${vision}.position_ids`, [1, PATCHES + 1], 'positions'],
    [`${vision}.class_embedding`, [width]],
    [`${vision}.patch_embedding.weight`, [width, CHANNELS, PATCH, PATCH]],
    [`${vision}.position_embedding.weight`, [PATCHES + 1, width]],
    ...norm('vision_model.pre_layrnorm', width),
    ...clipLayers('vision_model.encoder.layers', TOWER),
    ...norm('vision_model.post_layernorm', width),
    ['visual_projection.weight', [PROJECTION, width]],
  ];
}

function clipLayers(prefix: string, tower: Tower): Tensors {
  const { hidden_size: width, intermediate_size: hidden } = tower;
  return layers(prefix, tower, (at) => [
    ...['k_proj', 'v_proj', 'q_proj', 'out_proj'].flatMap((part) => linear(`${at}.self_attn.${part}`, width, width)),
    ...norm(`${at}.layer_norm1`, width),
    ...linear(`${at}.mlp.fc1`, hidden, width),
    ...linear(`${at}.mlp.fc2`, width, hidden),
    ...norm(`${at}.layer_norm2`, width),
  ]);
}

function layers(prefix: string, { num_hidden_layers: count }: Tower, layer: (at: string) => Tensors): Tensors {
  return Array.from({ length: count }, (_, i) => layer(`${prefix}.${i}`)).flat();
}

function linear(at: string, outputs: number, inputs: number): Tensors {
  return [
    [`${at}.weight`, [outputs, inputs]],
    [`${at}.bias`, [outputs]],
  ];
}

function norm(at: string, width: number): Tensors {
  return [
    [`${at}.weight`, [width]],
    [`${at}.bias`, [width]],
  ];
}
