/** A head as torchvision or a perceptron has it, under torchvision's names, where it computes the same. */
import { headModule, hiddenSizes } from '../../graph/backbones/index.js';
import type { Body, HeadLayer } from '../../weights/index.js';

export interface UsualHead {
  head: number[];
  /** All layers, if `head` does not describe them. */
  headLayers?: HeadLayer[];
  /** The path of each Linear and batch norm of the head, in order. */
  paths: string[];
}

/** torchvision's hidden sizes of VGG's classifier. */
const VGG_HIDDEN = '4096,4096';

export function usualHead(body: Body, layers: readonly HeadLayer[]): UsualHead {
  const root = headModule({ backbone: body.family, body, head: [], classes: 0 });
  const linears = layers.filter(({ layer }) => layer === 'linear');
  const plain = layers.every(({ layer, bias = true }) => ['linear', 'relu', 'dropout'].includes(layer) && bias);
  const alternate = linears.length - 1 === layers.filter(({ layer }) => layer === 'relu').length;
  if (plain && alternate) {
    const own = ownPaths(body, layers, root);
    if (own !== null) return { head: [], paths: own };
    const named = layers.every(({ name }, i) => name === String(i));
    const isPerceptron = linears.length > 1 && layers.length === 2 * linears.length - 1 && named;
    if (isPerceptron) return { head: hiddenSizes(layers), paths: linears.map(({ name }) => `${root}.${name}`) };
  }
  const withTensors = layers.filter(({ layer }) => layer === 'linear' || layer === 'batch_norm');
  const paths = withTensors.map(({ name }) => (name === '' ? root : `${root}.${name}`));
  return { head: hiddenSizes(layers), headLayers: [...layers], paths };
}

/** The paths in torchvision's own head of the family; null if this is another. */
function ownPaths({ family }: Body, layers: readonly HeadLayer[], root: string): string[] | null {
  const hidden = hiddenSizes(layers).join();
  if (family === 'vgg') return hidden === VGG_HIDDEN ? ['0', '3', '6'].map((name) => `${root}.${name}`) : null;
  if (hidden !== '') return null;
  if (family === 'mobilenet_v2') return [`${root}.1`];
  return layers.length === 1 ? [root] : null;
}
