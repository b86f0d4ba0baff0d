/**
 * What a family of networks is: a body as data, the layers that the body stands for, and how checkpoints spell them. Each
 * family is one file, which ends with `defineFamily`, and a line in `registry.ts`.
 */
import type { z } from 'zod';
import type { Body, HeadLayer, Preprocessing, Tensor } from '../../weights/index.js';
import { GraphError } from '../graph-error.js';
import type { Layer } from '../operations/layer.js';
import type { ImageSize } from '../shapes.js';

/** Shapes of tensors by name, in the checkpoint's order, which is the order in which the modules were made. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Strides and poolings of the first layers, which a state dict does not show. */
export const STEMS = ['imagenet', 'cifar', 'cifar-pool', 'imagenet-no-pool'] as const;

export type Stem = (typeof STEMS)[number];

/** Where names of networks come from. */
export const LIBRARIES = ['torchvision', 'timm', 'transformers', 'open_clip'] as const;

export type Library = (typeof LIBRARIES)[number];

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
  config?: Readonly<Record<string, unknown>> | undefined;
  /** transformers' class of the network. */
  className?: string | undefined;
  /**
   * What that class gives its classifier: the class token, the mean of the patches or of all tokens after or before the last
   * norm, class token and mean of the patches side by side, or what the usual embedding is.
   */
  classifies?: 'token' | 'mean' | 'mean-before-norm' | 'token-and-mean' | 'pooled' | undefined;
  /** Whose spelling the tensors have. */
  spelling?: Spelling['library'] | undefined;
}

/** How the tensors of a family are called by one library. */
export interface Spelling {
  library: Library | 'others';
  /** Finds a tensor that every such body has. What stands before it is the prefix: empty, or it ends with a dot. */
  anchor: RegExp;
  /**
   * The family's own name of a tensor, given without the prefix; null for a tensor that is not part of the body. A name that
   * ends in `#0`, `#1`, … is a part of a tensor: parts are joined along the first dimension. `^T` after it exchanges rows and
   * columns. Of several names, each gets an equal share of the tensor, along the first dimension.
   */
  rename(name: string, place: Place): string | readonly string[] | null;
  /** Whether its batch norms have the activation inside: then they give something else than those of the network here. */
  normsActivate?: boolean;
  /** Modules that give something else than those with their tensors here: CLIP's last norm takes the class token alone. */
  differing?: RegExp;
  /** Tensors, given without the prefix, that only training uses, such as those of auxiliary classifiers. */
  training?: RegExp;
  /** Tensors, given without the prefix, that the network computes by itself, such as tables of positions. */
  computed?: RegExp;
}

export interface Place {
  prefix: string;
  /** `config.json` of transformers, which counts layers that look alike. */
  config?: Hints['config'];
  /** The match of `anchor`. */
  anchor: RegExpExecArray;
  shapes: Shapes;
}

/** One reading of a body's shapes. It is a proposal: the network is built, and its tensors are compared with those there. */
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

/** The layers of a head as MobileNetV2, MNASNet and EfficientNet have it. */
export const DROPOUT_AND_LINEAR: readonly HeadLayer[] = [
  { name: '0', layer: 'dropout' },
  { name: '1', layer: 'linear' },
];

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

export interface FamilyDefinition<B extends Body> {
  name: B['family'];
  /** With its article, for messages: `a ResNet`. */
  title: string;
  /** What `model.json` may say of a body. */
  schema: z.ZodType<B>;
  /** torchvision's networks of this family, from small to large. */
  variants: Readonly<Record<string, B>>;
  /** As the library trained them; `variant`: torchvision's name, null for other bodies. */
  preprocessing(variant: string | null, body: B): Preprocessing;
  head: OwnHead;
  /** The layers of the family's own head where they depend on the body. */
  headLayers?(body: B): HeadLayer[];
  /** The last module before the head where it depends on the body. Default: the head's `before`. */
  before?(body: B): string;
  /** What the usual embedding is, in a few words. Default: pooled features. */
  embedding?(body: B): string;
  /** Module path of the usual embedding with the family's own head. Default: what its last Linear takes. */
  tap?: string;
  /** @param head takes the features, or, if it is the family's own `ofMaps`, the map */
  network(body: B, head: Layer, setting: Setting): Layer;
  /** How many values the head takes. */
  features(body: B): number;
  /** The side of the only images that the network takes; null: any. Default: any. */
  side?(body: B): number | null;
  /** The body for images of another side; null: there is none. Default: there is none for any. */
  resized?(body: B, side: number, library: Spelling['library']): Resized<B> | null;
  /** The side of the images for which the network is laid out if nothing says another. Default: one layout takes any. */
  usualSide?(body: B): number;
  /** Why a network that is laid out for one size cannot be so for this one; null: it can. Default: it can for any. */
  misfit?(body: B, image: ImageSize): string | null;
  /** What is compared to give a body that is not torchvision's the name of a variant it resembles. Default: all. */
  essence?(body: B): unknown;
  spellings: readonly Spelling[];
  /** The readings of a body's tensors, under the family's own names; none if they do not look like such a body at all. */
  propose(shapes: Shapes, hints: Hints): Proposal<B>[];
  /** A body that the rest of the checkpoint says more about, such as the first layer of its head. */
  refine?(body: B, rest: readonly (readonly number[])[]): { body: B; assumed: string[] } | null;
  /** The body under another head than the family's own, whose sizes then do not matter. */
  underOtherHead?(body: B): B;
  /** A second head with the layers of the first, in networks that take the mean of both. */
  twin?: Twin<B>;
}

export interface Twin<B extends Body = Body> {
  /** The module that holds it. */
  module: string;
  /** How checkpoints call it. */
  named: RegExp;
  /** The body of a network with such a head; null: this one takes none. */
  body(body: B): B | null;
}

/** A family whose bodies are checked by its own schema. */
export interface Family
  extends Omit<
    FamilyDefinition<Body>,
    | 'schema'
    | 'headLayers'
    | 'underOtherHead'
    | 'twin'
    | 'side'
    | 'usualSide'
    | 'misfit'
    | 'before'
    | 'embedding'
    | 'resized'
  > {
  /** The side of the only images that the network takes; null: any. */
  side(body: Body): number | null;
  /** The body for images of another side; null: there is none. */
  resized(body: Body, side: number, library: Spelling['library']): Resized | null;
  /** The side of the images for which the network is laid out by default; null: one layout takes any. */
  usualSide(body: Body): number | null;
  /** Why a network that is laid out for one size cannot be so for this one; null: it can. */
  misfit(body: Body, image: ImageSize): string | null;
  /** The last module before the head; null if that is no module. */
  before(body: Body): string | null;
  /** What the usual embedding is, in a few words. */
  embedding(body: Body): string;
  /** The layers of the family's own head. */
  headLayers(body: Body): readonly HeadLayer[];
  /** The body under another head than the family's own. */
  underOtherHead(body: Body): Body;
  /** A second head with the layers of the first; null: the family has no network with one. */
  twin: Twin | null;
  /** @throws GraphError `BAD_BODY` */
  check(body: Body): Body;
}

export function defineFamily<B extends Body>(definition: FamilyDefinition<B>): Family {
  const {
    schema,
    name,
    title,
    essence,
    refine,
    headLayers,
    underOtherHead,
    side,
    usualSide,
    misfit,
    before,
    embedding,
    resized,
    twin,
  } = definition;
  const check = (body: Body): B => {
    const result = schema.safeParse(body);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new GraphError('BAD_BODY', `${name}: ${issue?.path.join('.') ?? 'body'}: ${issue?.message}, not ${title}`);
  };
  return {
    ...definition,
    check,
    preprocessing: (variant, body) => definition.preprocessing(variant, check(body)),
    network: (body, head, setting) => definition.network(check(body), head, setting),
    features: (body) => definition.features(check(body)),
    side: (body) => side?.(check(body)) ?? null,
    before: (body) => before?.(check(body)) ?? definition.head.before,
    embedding: (body) => embedding?.(check(body)) ?? 'pooled features',
    resized: (body, side, library) => resized?.(check(body), side, library) ?? null,
    usualSide: (body) => usualSide?.(check(body)) ?? null,
    misfit: (body, image) => misfit?.(check(body), image) ?? null,
    essence: (body) => (essence === undefined ? body : essence(check(body))),
    headLayers: (body) => headLayers?.(check(body)) ?? definition.head.layers,
    refine: (body, rest) => refine?.(check(body), rest) ?? null,
    underOtherHead: (body) => underOtherHead?.(check(body)) ?? body,
    twin: twin === undefined ? null : { ...twin, body: (body) => twin.body(check(body)) },
  };
}
