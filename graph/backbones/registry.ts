/** Every backbone known here, by torchvision's name. A new family is a file beside this and a line here. */
import { nearest } from '../../errors/index.js';
import type { Body, HeadLayer, ModelConfig } from '../../weights/index.js';
import type { Graph } from '../graph.js';
import { GraphError } from '../graph-error.js';
import { traceGraph } from '../trace-graph.js';
import type { Backbone, Head } from './backbone.js';
import { headModule as headModuleOf, networkOf, tapOf, usualHead } from './families.js';
import { headOf } from './head.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { resnets } from './resnet.js';
import { vggs } from './vgg.js';

const backbones = new Map([...resnets, ...vggs, mobilenetV2].map((backbone) => [backbone.name, backbone]));

/** More classes or hidden units than any classifier has. The weights format has the same limit. */
const MAX_WIDTH = 1_000_000;
/** A deeper head would be a network of its own. The weights format has the same limit. */
const MAX_HIDDEN_LAYERS = 8;

/** Names for `backbone`, family by family, each from small to large. */
export function backboneNames(): string[] {
  return [...backbones.keys()];
}

/** @throws GraphError `UNKNOWN_BACKBONE`, with the nearest name as a hint. */
export function backbone(name: string): Backbone {
  const found = backbones.get(name);
  if (found !== undefined) return found;
  const near = nearest(name, backbones.keys());
  throw new GraphError('UNKNOWN_BACKBONE', `"${name}" is not a backbone known here`, {
    hint: near === null ? `Known are ${backboneNames().join(', ')}.` : `Did you mean ${near}?`,
  });
}

export interface NetworkSpec {
  /** torchvision's name, as in `backboneNames()`, or with a `body` the name of its family. */
  backbone: string;
  /** The layers before the head, if they are not those of torchvision's network of that name. */
  body?: Body | undefined;
  head: Head;
  /** All layers of the head, if `head` does not describe it. `[]`: none, the network gives its features. */
  headLayers?: readonly HeadLayer[] | undefined;
  /** How many, not their names. 0 without a head. */
  classes: number;
  /** Channels of the images; default: 3. */
  channels?: number | undefined;
}

/** The network that a weights folder describes. */
export function networkSpec({ backbone, body, head, headLayers, classes, preprocessing }: ModelConfig): NetworkSpec {
  return { backbone, body, head, headLayers, classes: classes.length, channels: preprocessing.mean.length };
}

/**
 * The layer graph of a backbone with its head: `[N, channels, H, W]` → logits `[N, classes]`.
 *
 * @throws GraphError `UNKNOWN_BACKBONE`; `BAD_HEAD` for sizes that are not positive whole numbers, or absurdly large, and
 *   for layers of a head that do not end in one value a class
 */
export function buildGraph(spec: NetworkSpec): Graph {
  const { backbone: name, head, headLayers, classes, channels = 3 } = spec;
  const body = spec.body ?? backbone(name).body;
  if (body === undefined) return namedGraph(spec);
  if (headLayers === undefined) checkHead(head, classes);
  else checkLayers(headLayers, classes);
  const layers = headLayers === undefined ? usualHead(body, head, classes) : headOf(headLayers);
  return traceGraph(networkOf(body, layers), channels);
}

/** The module that holds a network's head, `fc` or `classifier`. */
export function headModule({ backbone: name, body }: NetworkSpec): string {
  const known = body ?? backbone(name).body;
  return known === undefined ? 'fc' : headModuleOf(known);
}

/** The module path of the usual embedding of a network. */
export function usualTap({ backbone: name, body, head, headLayers }: NetworkSpec): string {
  const known = body ?? backbone(name).body;
  return known === undefined ? backbone(name).defaultTap(head) : tapOf(known, head, headLayers);
}

function namedGraph({ backbone: name, head, classes }: NetworkSpec): Graph {
  const found = backbone(name);
  checkHead(head, classes);
  return found.graph(head, classes);
}

function checkLayers(layers: readonly HeadLayer[], classes: number): void {
  const last = layers.findLast(({ layer }) => layer === 'linear');
  const outputs = last?.outputs ?? 0;
  if (outputs !== classes) {
    throw new GraphError('BAD_HEAD', `the head's last Linear has ${outputs} outputs, there are ${classes} classes`);
  }
}

function checkHead(head: Head, classes: number): void {
  if (head.length > MAX_HIDDEN_LAYERS) {
    throw new GraphError(
      'BAD_HEAD',
      `a head of ${head.length} hidden layers, at most ${MAX_HIDDEN_LAYERS} are allowed`,
    );
  }
  for (const size of [...head, classes]) {
    if (!Number.isInteger(size) || size < 1 || size > MAX_WIDTH) {
      const sizes = [...head, classes].join(', ');
      throw new GraphError('BAD_HEAD', `head sizes ${sizes}: ${size} is not a whole number from 1 to ${MAX_WIDTH}`);
    }
  }
}
