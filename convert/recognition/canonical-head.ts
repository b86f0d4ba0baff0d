/** A head as the family's own library or a perceptron has it, under the usual names, where it computes the same. */
import { familyOf, hiddenSizes } from '../../graph/backbones/index.js';
import type { Body, HeadLayer } from '../../weights/index.js';

interface UsualHead {
  head: number[];
  /** All layers, if `head` does not describe them. */
  headLayers?: HeadLayer[];
  /** The path of each Linear and batch norm of the head, in order. */
  paths: string[];
  /** Whether this is the family's own head, whose activations are known. */
  isOwn: boolean;
}

/**
 * @param convolution whether the head is saved as a convolution
 * @param saysActivation whether the activation was said: then a family's own is only taken if it is the same
 */
export function usualHead(
  body: Body,
  layers: readonly HeadLayer[],
  { convolution, saysActivation }: { convolution: boolean; saysActivation: boolean },
): UsualHead {
  const family = familyOf(body);
  const root = family.head.module;
  const linears = layers.filter(isLinear);
  const plain = layers.every((layer) => ['linear', 'relu', 'dropout'].includes(layer.layer) && hasBias(layer));
  const alternate = linears.length - 1 === layers.filter(({ layer }) => layer === 'relu').length;
  const named = layers.every(({ name }, i) => name === String(i));
  const isPerceptron = plain && alternate && linears.length > 1 && layers.length === 2 * linears.length - 1 && named;
  if (isPerceptron) {
    return { head: hiddenSizes(layers), paths: linears.map(({ name }) => `${root}.${name}`), isOwn: false };
  }
  const own = { ...family.head, layers: family.headLayers(body) };
  if (isOwnHead(own, layers, convolution, saysActivation)) {
    const ownLinears = own.layers.filter(isLinear);
    const paths = ownLinears.map(({ name }) => (name ? `${root}.${name}` : root));
    const exact = ownLinears.every((layer, i) => hasBias(layer) === hasBias(linears[i]!));
    if (exact) return { head: [], paths, isOwn: true };
    return { head: hiddenSizes(layers), headLayers: withLinears(own.layers, linears), paths, isOwn: true };
  }
  const withTensors = layers.filter(({ layer }) => layer === 'linear' || layer === 'batch_norm');
  const paths = withTensors.map(({ name }) => (name === '' ? root : `${root}.${name}`));
  return { head: hiddenSizes(layers), headLayers: [...layers], paths, isOwn: false };
}

/** Whether this is the family's own head, apart from the biases of its Linears. */
function isOwnHead(
  own: ReturnType<typeof familyOf>['head'],
  layers: readonly HeadLayer[],
  convolution: boolean,
  saysActivation: boolean,
): boolean {
  const linears = layers.filter(isLinear);
  if (linears.length === 0 || layers.some(({ layer }) => layer === 'batch_norm')) return false;
  if (own.ofMaps !== undefined) return convolution && linears.length === 1 && hasBias(linears[0]!);
  if (hiddenSizes(layers).join() !== hiddenSizes(own.layers).join()) return false;
  if (own.layers.length === 1 && layers.length > 1) return false;
  const activations = (all: readonly HeadLayer[]) =>
    all.map(({ layer }) => layer).filter((layer) => !PASSIVE.includes(layer));
  const isSame = activations(layers).join() === activations(own.layers).join();
  const isAssumed = !saysActivation && activations(layers).length === activations(own.layers).length;
  return isSame || isAssumed;
}

const PASSIVE: readonly string[] = ['linear', 'dropout'];

/** The layers of one head with the Linears of another, under its own names. */
function withLinears(layers: readonly HeadLayer[], linears: readonly HeadLayer[]): HeadLayer[] {
  const rest = [...linears];
  return layers.map((layer) => (isLinear(layer) ? { ...rest.shift()!, name: layer.name } : layer));
}

function isLinear({ layer }: HeadLayer): boolean {
  return layer === 'linear';
}

function hasBias({ bias = true }: Pick<HeadLayer, 'bias'>): boolean {
  return bias;
}
