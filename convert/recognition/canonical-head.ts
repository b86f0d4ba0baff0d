/** A head as the family's own library or a perceptron has it, under the usual names, where it computes the same. */
import { familyOf, hiddenSizes } from '../../graph/backbones/index.js';
import type { Body, HeadLayer } from '../../weights/index.js';

export interface UsualHead {
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
  const linears = layers.filter(({ layer }) => layer === 'linear');
  const plain = layers.every(({ layer, bias = true }) => ['linear', 'relu', 'dropout'].includes(layer) && bias);
  const alternate = linears.length - 1 === layers.filter(({ layer }) => layer === 'relu').length;
  const named = layers.every(({ name }, i) => name === String(i));
  const isPerceptron = plain && alternate && linears.length > 1 && layers.length === 2 * linears.length - 1 && named;
  if (isPerceptron) {
    return { head: hiddenSizes(layers), paths: linears.map(({ name }) => `${root}.${name}`), isOwn: false };
  }
  const own = ownPaths({ ...family.head, layers: family.headLayers(body) }, layers, convolution, saysActivation);
  if (own !== null) {
    return { head: [], paths: own.map((name) => (name === '' ? root : `${root}.${name}`)), isOwn: true };
  }
  const withTensors = layers.filter(({ layer }) => layer === 'linear' || layer === 'batch_norm');
  const paths = withTensors.map(({ name }) => (name === '' ? root : `${root}.${name}`));
  return { head: hiddenSizes(layers), headLayers: [...layers], paths, isOwn: false };
}

/** The names of the Linears of the family's own head; null if this is another. */
function ownPaths(
  own: ReturnType<typeof familyOf>['head'],
  layers: readonly HeadLayer[],
  convolution: boolean,
  saysActivation: boolean,
): string[] | null {
  const linears = layers.filter(({ layer }) => layer === 'linear');
  if (linears.length === 0 || layers.some(({ layer }) => layer === 'batch_norm')) return null;
  if (own.ofMaps !== undefined) return convolution && linears.length === 1 ? namesOf(own.layers) : null;
  if (linears.some(({ bias = true }) => !bias)) return null;
  if (hiddenSizes(layers).join() !== hiddenSizes(own.layers).join()) return null;
  if (own.layers.length === 1 && layers.length > 1) return null;
  const activations = (all: readonly HeadLayer[]) =>
    all.map(({ layer }) => layer).filter((layer) => !PASSIVE.includes(layer));
  const isSame = activations(layers).join() === activations(own.layers).join();
  const isAssumed = !saysActivation && activations(layers).length === activations(own.layers).length;
  return isSame || isAssumed ? namesOf(own.layers) : null;
}

const PASSIVE: readonly string[] = ['linear', 'dropout'];

function namesOf(layers: readonly HeadLayer[]): string[] {
  return layers.filter(({ layer }) => layer === 'linear').map(({ name }) => name ?? '');
}
