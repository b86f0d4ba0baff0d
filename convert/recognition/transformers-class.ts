/** Whether a class of transformers, and what its `config.json` says, is converted: `transformers-classes.ts` is the table. */
import { isDeepStrictEqual } from 'node:util';
import { printable, shown } from '../../base/index.js';
import type { Hints } from '../../graph/backbones/index.js';
import type { FoundBody } from './find-bodies.js';
import * as refuse from './refusals.js';
import { FIELDS, TRANSFORMERS_CLASSES, type TransformersClass } from './transformers-classes.js';

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

/**
 * Why a folder of transformers is not converted, as the end of a sentence that begins with its `config.json`; null: it is.
 *
 * @param config the whole `config.json`
 */
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
    if (value === undefined || value === null || known.some((one) => isDeepStrictEqual(one, value))) continue;
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
 * Asks for the class of a network that comes without one: its classifier may take something else than the embedding.
 *
 * @param hints what is known of the network besides its tensors
 * @throws ConvertError `BACKBONE_AMBIGUOUS` if classes of transformers that have these tensors differ in what they classify
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
