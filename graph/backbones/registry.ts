/** Every family of networks known here. A new family is a file beside this and a line here. */
import { nearest } from '../../base/index.js';
import type { Body, HeadLayer, ModelConfig } from '../../weights/index.js';
import type { Graph } from '../graph.js';
import { GraphError } from '../graph-error.js';
import type { Layer } from '../operations/layer.js';
import type { ImageSize } from '../shapes.js';
import { traceGraph } from '../trace-graph.js';
import { alexnets } from './alexnet.js';
import type { Backbone, Head } from './backbone.js';
import { clipResNets } from './clip-resnet.js';
import { convnexts } from './convnext.js';
import { densenets } from './densenet.js';
import { efficientnets } from './efficientnet.js';
import type { Family } from './family.js';
import { googlenets } from './googlenet.js';
import { headOf, perceptron, tapInHead } from './head.js';
import { inceptions } from './inception-v3.js';
import { maxvits } from './maxvit.js';
import { mnasnets } from './mnasnet.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { mobilenetsV3 } from './mobilenet-v3.js';
import { regnets } from './regnet.js';
import { repvggs } from './repvgg.js';
import { resnets } from './resnet.js';
import { shufflenets } from './shufflenet-v2.js';
import { squeezenets } from './squeezenet.js';
import { swins } from './swin.js';
import { vggs } from './vgg.js';
import { vits } from './vit.js';

// biome-ignore format: one line a family
export const FAMILIES: readonly Family[] = [
  resnets,
  vggs,
  mobilenetV2,
  alexnets,
  squeezenets,
  densenets,
  mnasnets,
  googlenets,
  inceptions,
  efficientnets,
  mobilenetsV3,
  regnets,
  shufflenets,
  convnexts,
  vits,
  clipResNets,
  swins,
  maxvits,
  repvggs,
];

const backbones = new Map(FAMILIES.flatMap((family) => variantsOf(family).map((variant) => [variant.name, variant])));

function variantsOf(family: Family): Backbone[] {
  return Object.entries(family.variants).map(([name, body]) => ({
    name,
    body,
    graph: (head, classes) => buildGraph({ backbone: name, head, classes }),
    defaultTap: (head) => tapOf(family, body, head, undefined),
    preprocessing: family.preprocessing(name, body),
  }));
}

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
    hint: `${near === null ? '' : `Did you mean ${near}? `}image-drift models lists all ${backbones.size} of torchvision.`,
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
  /** The only size of images that the network will see; default: any. */
  image?: ImageSize | undefined;
}

/** The network that a weights folder describes. */
export function networkSpec({ backbone, body, head, headLayers, classes, preprocessing }: ModelConfig): NetworkSpec {
  const { size, mean } = preprocessing;
  const image = size === null ? {} : { image: { height: size[0], width: size[1] } };
  return { backbone, body, head, headLayers, classes: classes.length, channels: mean.length, ...image };
}

/**
 * The layer graph of a backbone with its head: `[N, channels, H, W]` → logits `[N, classes]`.
 * @throws GraphError `UNKNOWN_BACKBONE`; `BAD_BODY`; `BAD_HEAD` for sizes that are not positive whole numbers, or
 *   absurdly large, and for layers of a head that do not end in one value a class
 */
export function buildGraph(spec: NetworkSpec): Graph {
  const { head, headLayers, classes, channels = 3, image = null } = spec;
  const { family, body } = networkOf(spec);
  if (headLayers === undefined) checkHead(head, classes);
  else checkLayers(headLayers, classes);
  const ownHead = headLayers === undefined && head.length === 0;
  const layers = headLayers === undefined ? usualHead(family, body, head, classes) : headOf(headLayers);
  const only = onlyImage(family, body, image);
  return traceGraph(
    family.network(body, layers, { image: only ?? image, ownHead }),
    channels,
    only === null ? undefined : [only.height, only.width],
  );
}

/** The only size of images that the graph will take; null: any. */
function onlyImage(family: Family, body: Body, image: ImageSize | null): ImageSize | null {
  const square = (side: number) => ({ height: side, width: side });
  const side = family.side(body);
  if (side !== null) return square(side);
  const usual = family.usualSide(body);
  return usual === null ? null : (image ?? square(usual));
}

/** The family of a body. @throws GraphError `UNKNOWN_BACKBONE` */
export function familyOf({ family: name }: Body): Family {
  const family = FAMILIES.find((known) => known.name === name);
  if (family !== undefined) return family;
  const names = FAMILIES.map(({ name }) => name).join(', ');
  throw new GraphError('UNKNOWN_BACKBONE', `"${name}" is not a family known here`, { hint: `Known are ${names}.` });
}

/** @throws GraphError `UNKNOWN_BACKBONE`, `BAD_BODY` */
function networkOf({ backbone: name, body: given }: NetworkSpec): { family: Family; body: Body } {
  const body = given ?? backbone(name).body;
  const family = familyOf(body);
  return { family, body: family.check(body) };
}

function usualHead(family: Family, body: Body, head: Head, classes: number): Layer {
  if (head.length > 0) return perceptron(head, classes);
  return family.head.ofMaps?.(classes) ?? headOf(ownLayers(family.headLayers(body), classes));
}

/** The layers of a family's own head, with the outputs of its last Linear. */
function ownLayers(layers: readonly HeadLayer[], classes: number): HeadLayer[] {
  return layers.map((layer) =>
    layer.layer === 'linear' && layer.outputs === undefined ? { ...layer, outputs: classes } : layer,
  );
}

/** The module that holds a network's head, `fc` or `classifier`. */
export function headModule(spec: NetworkSpec): string {
  return networkOf(spec).family.head.module;
}

export function featuresOf(body: Body): number {
  const family = familyOf(body);
  return family.features(family.check(body));
}

/** The module path of the usual embedding of a network. */
export function usualTap(spec: NetworkSpec): string {
  const { family, body } = networkOf(spec);
  return tapOf(family, body, spec.head, spec.headLayers);
}

/** What the usual embedding of a network is, in a few words. */
export function usualEmbedding(spec: NetworkSpec): string {
  const { family, body } = networkOf(spec);
  const own = family.headLayers(body);
  const isOwn = spec.headLayers === undefined ? spec.head.length === 0 : isLike(spec.headLayers, own);
  const layers = isOwn ? own : (spec.headLayers ?? []);
  const several = spec.head.length > 0 || layers.filter(({ layer }) => layer === 'linear').length > 1;
  if (!several) return family.embedding(body);
  return isOwn ? 'what the last Linear takes' : "the output of the head's first Linear";
}

/** The output of the head's first Linear, or what the family's own last Linear takes. */
function tapOf(family: Family, body: Body, head: Head, layers: readonly HeadLayer[] | undefined): string {
  const { head: own, tap } = family;
  if (layers === undefined && head.length > 0) return `${own.module}.0`;
  if (layers === undefined && tap !== undefined) return tap;
  const isOwn = layers === undefined || isLike(layers, family.headLayers(body));
  const inside = isOwn ? beforeLast(family.headLayers(body)) : tapInHead(layers);
  return inside === null ? (family.before(body) ?? own.module) : `${own.module}.${inside}`;
}

/** Whether a head has the layers of another, whatever their sizes and biases. */
function isLike(layers: readonly HeadLayer[], others: readonly HeadLayer[]): boolean {
  const named = (all: readonly HeadLayer[]) => all.map(({ name, layer }) => `${name} ${layer}`).join();
  return named(layers) === named(others);
}

/** The layer before the last Linear; null if there is none. */
function beforeLast(layers: readonly HeadLayer[]): string | null {
  const last = layers.findLastIndex(({ layer }) => layer === 'linear');
  return layers.slice(0, last).findLast(({ name }) => name !== null)?.name ?? null;
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
