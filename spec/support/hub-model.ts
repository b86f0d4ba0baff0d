/** A small ResNet as a repository of the Hub keeps it: timm's `config.json` and `model.safetensors`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGraph } from '../../graph/backbones/index.js';
import { parameters } from '../../graph/index.js';
import { pixels, writeNpz } from './npz-file.js';
import { readFixture, temporaryFolder } from './places.js';
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

/**
 * A small ViT or CLIP with random weights, with the files, names of tensors, configuration and image processor that
 * `google/vit-base-patch16-224` and `openai/clip-vit-base-patch32` have on the Hub.
 */
export function smallHub(name: 'vit' | 'clip'): Record<string, Buffer | string> {
  const { config, preprocessor, tensors } = hubFixture(name);
  const path = join(temporaryFolder(), 'model.safetensors');
  const values = Object.entries(tensors).map(
    ([tensor, shape]) => [tensor, { shape, data: valuesOf(tensor, shape) }] as const,
  );
  writeSafetensors(path, new Map(values));
  return {
    'config.json': JSON.stringify(config),
    'preprocessor_config.json': JSON.stringify(preprocessor),
    'model.safetensors': readFileSync(path),
  };
}

/** The length of an embedding, and the names of the classes. */
export function smallHubFacts(name: 'vit' | 'clip'): { width: number; labels: string[] } {
  const { hidden_size: width = 0, projection_dim = width, id2label = {} } = hubFixture(name).config;
  return { width: projection_dim, labels: Object.values(id2label) };
}

interface HubFixture {
  config: { hidden_size?: number; projection_dim?: number; id2label?: Record<string, string> };
  preprocessor: object;
  tensors: Record<string, number[]>;
}

function hubFixture(name: string): HubFixture {
  return readFixture<HubFixture>('convert', 'hub', `${name}.json`);
}

/** Positions are the whole numbers from 0, as int64: the checkpoints of CLIP have them. */
function valuesOf(name: string, shape: readonly number[]): Float32Array | BigInt64Array {
  if (!name.endsWith('position_ids')) return Float32Array.from(pseudoTensor(name, shape).data);
  return BigInt64Array.from({ length: shape[1]! }, (_, i) => BigInt(i));
}
