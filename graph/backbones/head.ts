/** The layers that end a network: a perceptron, or any chain of Linears, batch norms, activations and dropouts. */
import type { HeadLayer } from '../../weights/index.js';
import type { Layer, ModuleScope, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import type { Head } from './backbone.js';

/** `Sequential(Linear, ReLU, …, Linear(classes))`; `head` has at least one hidden size. */
export function perceptron(head: Head, classes: number): Layer {
  return nn.sequential(...head.flatMap((hidden) => [nn.linear(hidden), nn.relu]), nn.linear(classes));
}

/** The layers in order, under the names that they have inside the head. None: the features pass unchanged. */
export function headOf(layers: readonly HeadLayer[]): Layer {
  if (layers.length === 0) return nn.identity;
  const [first] = layers;
  if (layers.length === 1 && first?.name === '') return layerOf(first);
  return (m, x) =>
    layers.reduce((value, layer, i) => {
      return layer.name === null ? asFunction(m, layer, i, value) : m.run(layer.name, layerOf(layer), value);
    }, x);
}

function layerOf({ layer, outputs = 0, bias = true }: HeadLayer): Layer {
  switch (layer) {
    case 'linear':
      return nn.linear(outputs, bias);
    case 'batch_norm':
      return nn.batchNorm2d();
    case 'dropout':
      return nn.dropout;
    case 'relu':
      return nn.relu;
    case 'relu6':
      return nn.relu6;
    default:
      return nn.pointwise(layer);
  }
}

/** An activation that the head's `forward` calls; `position` makes its name unique. */
function asFunction(m: ModuleScope, { layer }: HeadLayer, position: number, x: Value): Value {
  const name = `${layer}${position}`;
  switch (layer) {
    case 'linear':
    case 'batch_norm':
    case 'dropout':
      return x;
    case 'relu':
      return m.functional(name, nn.reluOperation, null, [x], x);
    case 'relu6':
      return m.functional(name, nn.relu6Operation, null, [x], x);
    default:
      return m.functional(name, nn.pointwiseOperation, { function: layer }, [x], x);
  }
}

/** Hidden sizes: the outputs of all Linears but the last. */
export function hiddenSizes(layers: readonly HeadLayer[]): number[] {
  return linears(layers)
    .slice(0, -1)
    .map(({ outputs = 0 }) => outputs);
}

/** The usual embedding: the first of several Linears, or what the only one takes; null if no module gives that. */
export function tapInHead(layers: readonly HeadLayer[]): string | null {
  const all = linears(layers);
  if (all.length > 1) return all[0]!.name;
  const before = layers.slice(
    0,
    Math.max(
      0,
      layers.findIndex(({ layer }) => layer === 'linear'),
    ),
  );
  return before.findLast(({ name }) => name !== null)?.name ?? null;
}

function linears(layers: readonly HeadLayer[]): HeadLayer[] {
  return layers.filter(({ layer }) => layer === 'linear');
}
