/** A family of networks: a body as data, its layers and its spellings. Each is a file and a line in `registry.ts`. */

import type * as z from 'zod';
import { asset, utf8 } from '#platform';
import type { Body, HeadLayer, Preprocessing, Tensor } from '../../weights/index.js';
import { GraphError } from '../graph-error.js';
import type { Layer } from '../operations/layer.js';
import type { ImageSize } from '../shapes.js';
import type { Library, Place, Shapes, Spelling } from './spelling.js';

/** Strides and poolings of the first layers, which a state dict does not show. */
export const STEMS = ['imagenet', 'cifar', 'cifar-pool', 'imagenet-no-pool'] as const;

export type Stem = (typeof STEMS)[number];

/** What no tensor shows of a network that is known by its name. What is left out is the usual thing of the family. */
export interface Forward {
  activation?: Activation | undefined;
  /** ε of the norms. */
  eps?: number | undefined;
  /** `same`: as TensorFlow pads. */
  padding?: 'same' | undefined;
  /** Heads of a vision transformer. */
  heads?: number | undefined;
  /** What a vision transformer's head takes. */
  pool?: 'token' | 'mean' | 'attention' | undefined;
}

export type Activation = 'relu' | 'relu6' | 'silu' | 'gelu' | 'gelu_tanh' | 'quick_gelu';

/** What is known of a network besides its tensors. */
export interface Hints {
  stem?: Stem | undefined;
  /** The library that a name comes from. */
  library?: Library | undefined;
  /** The name there: torchvision's or timm's of the architecture, transformers' `model_type`. */
  architecture?: string | undefined;
  /** What the name says of the network, where it is known. */
  forward?: Forward | undefined;
  /** `config.json`. */
  config?: Place['config'];
  /** transformers' class of the network. */
  className?: string | undefined;
  /** What the class gives its classifier; `mean` is over the patches, `pooled` is the usual embedding. */
  classifies?: 'token' | 'mean' | 'mean-before-norm' | 'token-and-mean' | 'pooled' | undefined;
  /** Whose spelling the tensors have. */
  spelling?: Spelling['library'] | undefined;
}

/** One reading of a body's shapes, to be tried: the network is built, and its tensors are compared. */
export interface Proposal<B extends Body = Body> {
  body: B;
  /** Channels of the images. */
  channels: number;
  /** What the shapes do not show, and is taken as usual; one sentence each. */
  assumed: string[];
  /** Tells this reading from others that have the same tensors: `timm:tf_efficientnet_b0`. */
  reading?: string;
  /** Tensors, by the family's names, that are there and that this network does not use. */
  unused?: RegExp | undefined;
}

/** The head that a family has in its own library. */
export interface OwnHead {
  /** The module that holds it: `fc`, `classifier`. */
  module: string;
  /** Its layers. The last Linear has no `outputs`: it has one a class. */
  layers: readonly HeadLayer[];
  /** The last module before the head, whose flattened output the head takes; null if that is no module. */
  before: string | null;
  /** The head where it is not a chain of layers that take features: it takes the body's map. */
  ofMaps?: (classes: number) => Layer;
}

export const LINEAR: readonly HeadLayer[] = [{ name: '', layer: 'linear' }];

/** A Sequential of these layers, by their positions; a number is a Linear with so many outputs. */
export function numbered(...layers: readonly (HeadLayer['layer'] | number)[]): HeadLayer[] {
  return layers.map((layer, i) =>
    typeof layer === 'number' ? { name: `${i}`, layer: 'linear', outputs: layer } : { name: `${i}`, layer },
  );
}

/** A body for images of another side than its tensors are for. */
export interface Resized<B extends Body = Body> {
  body: B;
  /** The tensors that change, by name. */
  tensors: ReadonlyMap<string, (tensor: Tensor) => Tensor>;
  /** What was done, for those who convert: one sentence. */
  told: string;
}

/** What a network may depend on besides its body. */
export interface Setting {
  /** The only size that the network will see; null: any. */
  image: ImageSize | null;
  /** Whether the head is the family's own. */
  ownHead: boolean;
}

export interface Family<B extends Body = Body> {
  name: B['family'];
  /** With its article, for messages: `a ResNet`. */
  title: string;
  /** torchvision's networks of this family, from small to large. Default: those in `torchvision.jsonl`. */
  variants: Readonly<Record<string, B>>;
  /** As the library trained them; `variant`: torchvision's name, null for other bodies. */
  preprocessing(variant: string | null, body: B): Preprocessing;
  head: OwnHead;
  headLayers(body: B): readonly HeadLayer[];
  /** The last module before the head; null if that is no module. */
  before(body: B): string | null;
  /** What the usual embedding is, in a few words. */
  embedding(body: B): string;
  /** Module path of the usual embedding with the family's own head. Default: what its last Linear takes. */
  tap?: string;
  /** @param head takes the features, or, if it is the family's own `ofMaps`, the map */
  network(body: B, head: Layer, setting: Setting): Layer;
  /** How many values the head takes. */
  features(body: B): number;
  /** The side of the only images that the network takes; null: any. */
  side(body: B): number | null;
  /** The body for images of another side; null: there is none. */
  resized(body: B, side: number, library: Spelling['library']): Resized<B> | null;
  /** The side of the images for which the network is laid out if nothing says another; null: one layout takes any. */
  usualSide(body: B): number | null;
  /** Why a network that is laid out for one size cannot be so for this one; null: it can. */
  misfit(body: B, image: ImageSize): string | null;
  /** What is compared to give a body that is not torchvision's the name of a variant it resembles. */
  essence(body: B): unknown;
  spellings: readonly Spelling[];
  /** Readings of a body's tensors, under the family's own names; none if they do not look like such a body. */
  propose(shapes: Shapes, hints: Hints): Proposal<B>[];
  /** A body that the rest of the checkpoint says more about, such as the first layer of its head. */
  refine(body: B, rest: readonly (readonly number[])[]): { body: B; assumed: string[] } | null;
  /** The body under another head than the family's own, whose sizes then do not matter. */
  underOtherHead(body: B): B;
  /** A second head with the layers of the first, in networks that take the mean of both; null: there is none. */
  twin: Twin<B> | null;
  /** The body if it is one of this family. @throws GraphError `BAD_BODY` */
  check(body: Body): B;
}

export interface Twin<B extends Body = Body> {
  /** The module that holds it. */
  module: string;
  /** How checkpoints call it. */
  named: RegExp;
  /** The body of a network with such a head; null: this one takes none. */
  body(body: B): B | null;
}

/** torchvision's networks, a line each, as in `model.json`. */
const networks = utf8(asset('graph/backbones/torchvision.jsonl')!)
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as { name: string; body: Body });

function variantsOf<B extends Body>(family: string): Record<string, B> {
  const own = networks.filter(({ body }) => body.family === family);
  return Object.fromEntries(own.map(({ name, body }) => [name, body as B]));
}

/** What a family has if it says nothing else. */
function defaultsOf<B extends Body>(name: B['family'], head: OwnHead) {
  return {
    variants: variantsOf<B>(name),
    headLayers: () => head.layers,
    before: () => head.before,
    embedding: () => 'pooled features',
    side: () => null,
    resized: () => null,
    usualSide: () => null,
    misfit: () => null,
    essence: (body: B): unknown => body,
    refine: () => null,
    underOtherHead: (body: B) => body,
    twin: null,
  } satisfies Partial<Family<B>>;
}

type Defaulted = keyof ReturnType<typeof defaultsOf>;

/** @property schema what `model.json` may say of a body */
type Definition<B extends Body> = Omit<Family<B>, Defaulted | 'check'> &
  Partial<Pick<Family<B>, Defaulted>> & { schema: z.ZodType<B> };

export function defineFamily<B extends Body>({ schema, ...definition }: Definition<B>): Family {
  const { name, title, head } = definition;
  const family: Family<B> = {
    ...defaultsOf<B>(name, head),
    ...definition,
    check(body) {
      const result = schema.safeParse(body);
      if (result.success) return result.data;
      const [issue] = result.error.issues;
      throw new GraphError('BAD_BODY', `${name}: ${issue?.path.join('.') ?? 'body'}: ${issue?.message}, not ${title}`);
    },
  };
  return family as unknown as Family;
}
