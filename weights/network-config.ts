/** How a network differs from torchvision's of the same name: its body and head, in `model.json` where they differ. */
import * as z from 'zod';

// A network of no known family, as data: a layer graph of `graph/`, in JSON; checked when the graph is built from it.

/** Swin-L, folded, has about 2,000. */
const MAX_NODES = 20_000;
const MAX_INPUTS = 1000;
/** As for tensors. */
const MAX_NAME_LENGTH = 512;
const MAX_NUMBERS = 100_000;

const name = z.string().min(1).max(MAX_NAME_LENGTH);

export type StoredAttribute = number | boolean | string | null | number[] | number[][];

export interface StoredNode {
  name: string;
  /** Name of an operation. */
  op: string;
  /** Names of nodes that come before it. */
  inputs: string[];
  /** The operation's attributes, if it has any. */
  attrs?: Record<string, StoredAttribute> | undefined;
}

export interface StoredGraph {
  /** In an order in which each comes after its inputs; the first is the image. */
  nodes: StoredNode[];
  /** Node that gives the scores, or the embedding of a network without classes. */
  output: string;
  /** Pairs of a name that a tap may have, and a node. A node is a tap under its own name, too. */
  taps: [tap: string, node: string][];
}

/** `cls` is the first token; `mean` and `max` are over all pixels of a map, or over all tokens. */
export const POOLS = ['mean', 'max', 'cls'] as const;
export type Pool = (typeof POOLS)[number];

/** How the output of a layer becomes one row of channels: the embedding `LAYER:KIND`. */
export interface TapPool {
  /** As a tap may name it. */
  layer: string;
  /** Over all pixels or tokens, or the first token. */
  kind: Pool;
  /** The axes that go, as PyTorch counts them: `[2, 3]` of a map `[N, C, H, W]`, `[1]` of tokens `[N, T, C]`. */
  axes: number[];
}

export const tapPoolSchema = z.object({
  layer: z.string().max(MAX_NAME_LENGTH),
  kind: z.enum(POOLS),
  axes: z.array(z.number().int().min(1).max(8)).min(1).max(8),
}) satisfies z.ZodType<TapPool>;

export function pooledName({ layer, kind }: Pick<TapPool, 'layer' | 'kind'>): string {
  return `${layer}:${kind}`;
}

/** An ONNX file that runs as it is: what has to be known to give it images. */
export interface OnnxFileFacts {
  /** Name of the input that takes images. */
  input: string;
  /** How images lie there: `[N, channels, height, width]` or `[N, height, width, channels]`. */
  layout: 'nchw' | 'nhwc';
  type: 'float32' | 'float16' | 'uint8';
  /** How many images it takes at once; null: any number. */
  batch: number | null;
  /** What the output has that gives the classes: values before a softmax, or probabilities. */
  scores: 'logits' | 'probabilities';
}

export const onnxFileFactsSchema = z.object({
  input: name,
  layout: z.enum(['nchw', 'nhwc']),
  type: z.enum(['float32', 'float16', 'uint8']),
  batch: z.number().int().min(1).max(MAX_INPUTS).nullable(),
  scores: z.enum(['logits', 'probabilities']),
}) satisfies z.ZodType<OnnxFileFacts>;

const attributeSchema = z.union([
  z.number(),
  z.boolean(),
  z.string().max(64),
  z.array(z.number()).max(MAX_NUMBERS),
  z.array(z.array(z.number()).max(MAX_INPUTS)).max(MAX_INPUTS),
  z.null(),
]);

export const storedGraphSchema = z.object({
  nodes: z
    .array(
      z.object({
        name,
        op: z.string().min(1).max(64),
        inputs: z.array(name).max(MAX_INPUTS),
        attrs: z.record(z.string().max(64), attributeSchema).optional(),
      }),
    )
    .min(1)
    .max(MAX_NODES),
  output: name,
  taps: z.array(z.tuple([z.string().max(MAX_NAME_LENGTH), name])).max(2 * MAX_NODES),
}) satisfies z.ZodType<StoredGraph>;

const MAX_HEAD_LAYERS = 64;

/** The layers before the head. What stands in it besides the family is the family's matter (`graph/backbones/`). */
export interface Body {
  family: string;
}

export const bodySchema: z.ZodType<Body> = z.looseObject({ family: z.string().min(1).max(64) });

/** Layers of a head that have no tensors. */
export const ACTIVATIONS = [
  'relu',
  'relu6',
  'leaky_relu',
  'elu',
  'gelu',
  'silu',
  'hardswish',
  'tanh',
  'sigmoid',
] as const;

export type HeadActivation = (typeof ACTIVATIONS)[number];

/** A layer of a head. */
export interface HeadLayer {
  /** Its path in the head, e.g. its position in a Sequential; empty: the whole head; null: not a module of its own. */
  name: string | null;
  layer: 'linear' | 'batch_norm' | 'dropout' | HeadActivation;
  /** Output features of a `linear`. */
  outputs?: number | undefined;
  /** Whether a `linear` has a bias; default: it has. */
  bias?: boolean | undefined;
}

const headLayerSchema = z.object({
  name: z.string().max(256).nullable(),
  layer: z.enum(['linear', 'batch_norm', 'dropout', ...ACTIVATIONS]),
  outputs: z.number().int().min(1).max(1_000_000).optional(),
  bias: z.boolean().optional(),
}) satisfies z.ZodType<HeadLayer>;

export const headLayersSchema = z.array(headLayerSchema).max(MAX_HEAD_LAYERS);
