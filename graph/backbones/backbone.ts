/** A network that is known by its name, and what torchvision trained it with. */
import type { Body, Preprocessing } from '../../weights/index.js';
import type { Graph } from '../graph.js';

/**
 * The hidden sizes of the classifier that ends the network.
 * - `[]`: torchvision's own (a Linear for ResNet, three with dropout for VGG), whose last Linear follows the number of
 *   classes
 * - `[h]`, `[h, i]`, …: `fc` or `classifier` replaced by a Sequential that takes the flattened features:
 *   `Linear(h), ReLU, Linear(i), ReLU, …, Linear(classes)`
 */
export type Head = readonly number[];

export interface Backbone {
  /** torchvision's name of the variant, e.g. `resnet18`. */
  readonly name: string;
  /** The layers before the head, as data. */
  readonly body: Body;
  graph(head: Head, classes: number): Graph;
  /** Module path of the usual embedding: the head's first Linear, or the input of torchvision's own last Linear. */
  defaultTap(head: Head): string;
  /** The preprocessing of torchvision's first ImageNet weights for this variant. */
  readonly preprocessing: Preprocessing;
}

/** ImageNet's mean and standard deviation; shorter side to 256, the middle 224×224. */
export const imagenetPreprocessing: Preprocessing = {
  size: [224, 224],
  resize: 256,
  crop: [224, 224],
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** The same with torchvision's side of the resize for networks that have another than 256. */
export function resizedFirst(sides: Readonly<Record<string, number>>): (name: string | null) => Preprocessing {
  return (name) => ({ ...imagenetPreprocessing, resize: sides[name ?? ''] ?? imagenetPreprocessing.resize });
}

/** CLIP's own, which its networks have in every library. */
export function clipPreprocessing(side: number): Preprocessing {
  return {
    size: [side, side],
    resize: side,
    crop: [side, side],
    interpolation: 'bicubic',
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
  };
}

/** The tower for text, whose table of tokens looks like a head, and what OpenAI's archives say of their sizes. */
export const OPENAI_TEXT =
  /^(text\.|transformer\.|token_embedding\.|ln_final\.|(positional_embedding|text_projection|logit_scale|logit_bias)$|(input_resolution|context_length|vocab_size)$)/;
