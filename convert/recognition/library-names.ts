/** Which names of libraries are known, and which classes of transformers, with which `config.json`, are converted. */

import { asset, isSame, utf8 } from '#platform';
import { nearest, printable, shown } from '../../base/index.js';
import { backboneNames, type Hints, type Library } from '../../graph/backbones/index.js';
import { GraphError, TRANSFORMERS_ACTIVATIONS } from '../../graph/index.js';
import type { FoundBody } from './find-bodies.js';
import * as refuse from './refusals.js';
import { timmNames, withoutTag } from './timm.js';

/** Characters of a value that a message shows. */
const MOST_TOLD = 100;

type Config = Readonly<Record<string, unknown>>;

/** The class that `config.json` names, `architectures`; null where it names none. */
export function classNamed({ architectures }: Config): string | null {
  const [first] = Array.isArray(architectures) ? architectures : [];
  return typeof first === 'string' ? first : null;
}

/** The row of the table; null for a class that is not converted. */
export function knownClass(name: string): TransformersClass | null {
  return Object.hasOwn(TRANSFORMERS_CLASSES, name) ? TRANSFORMERS_CLASSES[name]! : null;
}

/** What the class says of a network, besides its tensors. */
export function hintsOfClass(name: string | null): Pick<Hints, 'className' | 'classifies'> {
  if (name === null) return {};
  return { className: name, classifies: knownClass(name)?.classifies ?? undefined };
}

/** Why a folder of transformers is not converted, to follow its `config.json` in a sentence; null: it is. */
export function classProblem(config: Config): string | null {
  const name = classNamed(config);
  const { model_type: type } = config;
  const row = name === null ? null : knownClass(name);
  if (name !== null && row === null) return `says ${shown(name)}, a class whose forward pass is not known here`;
  const own = typeof type === 'string' ? type : (row?.type ?? null);
  if (own === null) return null;
  if (!isType(own)) return `names no class (architectures), and no model of the type ${shown(own)} is known here`;
  if (row !== null && rootOf(own) !== rootOf(row.type))
    return `says ${name}, and model_type ${shown(own)}, not ${row.type}`;
  return fieldProblem(own, { ...config, ...partOf(config, 'vision_config') });
}

function fieldProblem(type: keyof typeof FIELDS, config: Config): string | null {
  for (const [field, known] of Object.entries<readonly unknown[]>(FIELDS[type])) {
    const value = config[field];
    if (value === undefined || value === null || known.some((one) => isSame(one, value))) continue;
    return `says ${field} ${told(value)}; ${type} is converted with ${known.map(told).join(', ')}`;
  }
  return null;
}

function told(value: unknown): string {
  return printable(JSON.stringify(value).slice(0, MOST_TOLD));
}

/** `[height, width]` of a model's images; undefined where `config.json` does not say it. */
export function sizeSaid(config: Config): [number, number] | undefined {
  const { image_size: size } = { ...config, ...partOf(config, 'vision_config') } as Config;
  const side = Array.isArray(size) ? size[0] : size;
  return typeof side === 'number' && Number.isInteger(side) && side > 0 ? [side, side] : undefined;
}

function partOf(config: Config, name: string): Config {
  const part = config[name];
  return typeof part === 'object' && part !== null ? { ...part } : {};
}

function isType(type: string): type is keyof typeof FIELDS {
  return Object.hasOwn(FIELDS, type);
}

/** `clip` of `clip_vision_model`: a tower has the type of the whole, or its own. */
function rootOf(type: string): string {
  return type.replace(/_vision_model$/, '');
}

/**
 * Asks for the class of a network without one: its classifier may take something else than the embedding.
 * @throws ConvertError `BACKBONE_AMBIGUOUS` if classes of transformers that have these tensors differ in what that is
 */
export function checkClassifier({ spelling, body }: FoundBody, hints: Hints, label: string): void {
  if (spelling.library !== 'transformers' || hints.className !== undefined) return;
  const types = typesOf({ ...body });
  const names = Object.entries(TRANSFORMERS_CLASSES).filter(([, { type }]) => types.includes(type));
  if (names.length > 0) throw refuse.unknownClassifier(names.map(([name]) => name).toSorted(byClassifier), label);
}

/** Types whose classifiers do not take the usual embedding. */
function typesOf(body: Readonly<Record<string, unknown>>): readonly string[] {
  if (body['family'] !== 'vit') return [];
  if (body['pooler'] === true) return ['vit', 'deit'];
  if (body['pool'] === 'attention') return ['siglip'];
  return body['preNorm'] === true ? ['clip'] : [];
}

/** Those with classifiers first. */
function byClassifier(a: string, b: string): number {
  return Number(b.includes('For')) - Number(a.includes('For'));
}

// The classes whose whole forward pass was compared with transformers 5.24 (`spec/ci/forwards/classes.py`); all others
// are refused: they may use the same tensors in another way.

export interface TransformersClass {
  /** `model_type` of its `config.json`. */
  type: keyof typeof FIELDS;
  /** What its classifier takes; null: the class has none, and gives the usual embedding. */
  classifies: NonNullable<Hints['classifies']> | null;
}

/** A line has a class, its type and its classifier's input. */
export const TRANSFORMERS_CLASSES: Readonly<Record<string, TransformersClass>> = Object.fromEntries(
  utf8(asset('convert/recognition/transformers-classes.txt')!)
    .trim()
    .split('\n')
    .map((line) => {
      const [name, type, classifies = null] = line.split(' ');
      return [name, { type, classifies } as TransformersClass];
    }),
);

/** The same formulas under several names. */
const GELU = [...TRANSFORMERS_ACTIVATIONS].flatMap(([name, activation]) => (activation === 'gelu' ? [name] : []));
const TOKENS = [...TRANSFORMERS_ACTIVATIONS.keys()];

/**
 * Fields of `config.json` that change the forward pass without a trace in tensors, with the values that are converted,
 * the class's own default among them. All other fields are read, show in tensors, or matter in training only.
 */
// biome-ignore format: one line a type
export const FIELDS = {
  vit: { hidden_act: TOKENS, pooler_act: ['tanh'] },
  deit: { hidden_act: TOKENS, pooler_act: ['tanh'] },
  dinov2: { hidden_act: TOKENS, use_swiglu_ffn: [false] },
  dinov2_with_registers: { hidden_act: TOKENS, use_swiglu_ffn: [false] },
  dinov3_vit: { hidden_act: TOKENS, use_gated_mlp: [false], key_bias: [false] },
  clip: { hidden_act: TOKENS },
  clip_vision_model: { hidden_act: TOKENS },
  siglip: { hidden_act: TOKENS, vision_use_head: [true] },
  siglip_vision_model: { hidden_act: TOKENS, vision_use_head: [true] },
  resnet: { hidden_act: ['relu'], downsample_in_bottleneck: [false], downsample_in_first_stage: [false] },
  regnet: { hidden_act: ['relu'], downsample_in_first_stage: [true] },
  efficientnet: { hidden_act: ['swish', 'silu'], pooling_type: ['mean'], strides: [[1, 2, 2, 2, 1, 2, 1]] },
  convnext: { hidden_act: GELU },
  convnextv2: { hidden_act: GELU },
  // Not all norms have this ε.
  swin: { hidden_act: GELU, use_absolute_embeddings: [false], layer_norm_eps: [1e-5] },
  swinv2: { hidden_act: GELU, use_absolute_embeddings: [false], layer_norm_eps: [1e-5] },
} as const satisfies Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>>;

/**
 * The networks of a library that `--backbone LIBRARY:NAME` may say. timm's have no tag, which does not matter.
 *
 * @param library where the names come from
 *
 * @example
 * ```ts
 * import { libraryNames } from 'image-drift/convert';
 *
 * console.log(libraryNames('timm').filter((name) => name.startsWith('regnety'))); // [ 'regnety_002', … ]
 * ```
 */
export function libraryNames(library: Library): readonly string[] {
  return library === 'timm' ? timmNames().converted : (LIBRARY_NAMES[library] ?? backboneNames());
}

const MOST_LISTED = 4;

/** @throws GraphError `UNKNOWN_BACKBONE`, with the nearest names */
export function checkLibraryName(library: Library, name: string): void {
  const names = library === 'timm' ? timmNames().all : LIBRARY_NAMES[library];
  const plain = library === 'timm' ? withoutTag(name) : name;
  if (names === undefined || names.includes(plain)) return;
  const near = nearestNames(plain, names);
  throw new GraphError('UNKNOWN_BACKBONE', `"${printable(name)}" is not a network of ${library} that is known here`, {
    hint: `${near.length === 0 ? '' : `Did you mean ${near.join(', ')}? `}image-drift models --library ${library} lists the ${libraryNames(library).length} that are converted.`,
  });
}

/** The nearest, and after it those that are nearest without it. */
function nearestNames(name: string, names: readonly string[]): string[] {
  const found: string[] = [];
  while (found.length < MOST_LISTED) {
    const next = nearest(
      name,
      names.filter((other) => !found.includes(other)),
    );
    if (next === null) return found;
    found.push(next);
  }
  return found;
}

/** Names for `--backbone open_clip:NAME` and `transformers:TYPE`, made by `spec/ci/families/list_names.py`. */
const OPEN_CLIP = `
ViT-B-16 ViT-B-16-plus ViT-B-16-plus-240 ViT-B-16-quickgelu ViT-B-32 ViT-B-32-256 ViT-B-32-plus-256 ViT-B-32-quickgelu
ViT-H-14 ViT-H-14-378 ViT-H-14-378-quickgelu ViT-H-14-CLIPA ViT-H-14-CLIPA-336 ViT-H-14-quickgelu ViT-H-14-worldwide
ViT-H-14-worldwide-378 ViT-H-14-worldwide-quickgelu ViT-H-16 ViT-L-14 ViT-L-14-280 ViT-L-14-336 ViT-L-14-336-quickgelu
ViT-L-14-CLIPA ViT-L-14-CLIPA-336 ViT-L-14-quickgelu ViT-L-14-worldwide ViT-L-14-worldwide-quickgelu ViT-L-16
ViT-L-16-320 ViT-M-16 ViT-M-16-alt ViT-M-32 ViT-M-32-alt ViT-S-16 ViT-S-16-alt ViT-S-32 ViT-S-32-alt ViT-bigG-14
ViT-bigG-14-CLIPA ViT-bigG-14-CLIPA-336 ViT-bigG-14-quickgelu ViT-bigG-14-worldwide ViT-bigG-14-worldwide-378 ViT-e-14
ViT-g-14
`;

const listed = (text: string) => text.trim().split(/\s+/);

const LIBRARY_NAMES: Readonly<Partial<Record<Library, readonly string[]>>> = {
  open_clip: listed(OPEN_CLIP),
  // Types of config.json, and classes.
  transformers: [...Object.keys(FIELDS), ...Object.keys(TRANSFORMERS_CLASSES)],
};
