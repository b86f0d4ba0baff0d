/**
 * What timm's name of a network says of it. Tensors do not show activations, poolings, ε, strides and anti-aliasing. A name is
 * taken only where its whole forward pass is known (`timm-networks.ts`), and only for tensors of its own shapes.
 */
import { createHash } from 'node:crypto';
import { buildGraph, type Forward, type Hints } from '../../graph/backbones/index.js';
import { parameters } from '../../graph/index.js';
import type { FoundBody } from './find-bodies.js';
import { notOfTimm, unconvertedTimm } from './refusals.js';
import { forwardOf, isReshaped } from './timm-config.js';
import { NETWORKS, OTHERS } from './timm-networks.js';

export interface TimmNetwork {
  name: string;
  /** The hash of the names and shapes of its body's tensors; empty where they are none of a family here. */
  fingerprint: string;
  forward: Forward;
  /** Why it is not converted; null: it is. */
  refused: string | null;
}

function networkOf(line: string): TimmNetwork {
  const [, name = '', fingerprint = '', facts = '', refused] =
    /^(\S+) (\w+)((?: \w+=\S+)*)(?: - (.+))?$/.exec(line) ?? [];
  const pairs = facts
    .trim()
    .split(' ')
    .filter((fact) => fact !== '')
    .map((fact) => fact.split('=') as [string, string])
    .map(([key, value]) => [key, Number.isNaN(Number(value)) ? value : Number(value)] as const);
  return { name, fingerprint, forward: Object.fromEntries(pairs), refused: refused ?? null };
}

/** Lines of the table. */
export function timmLines(): string[] {
  return NETWORKS.trim().split('\n');
}

/** By name, when first asked for. */
let known: ReadonlyMap<string, TimmNetwork> | null = null;

function networks(): ReadonlyMap<string, TimmNetwork> {
  if (known !== null) return known;
  const listed = timmLines().map(networkOf);
  const others = OTHERS.trim()
    .split(/\s+/)
    .map((name) => ({ name, fingerprint: '', forward: {}, refused: 'its forward pass is not known here' }));
  known = new Map([...listed, ...others].map((network) => [network.name, network]));
  return known;
}

/** Names without tags: those that are converted, and all that timm has. */
export function timmNames(): { converted: string[]; all: string[] } {
  const all = [...networks().values()];
  const converted = all.filter(({ refused }) => refused === null);
  return { converted: converted.map(({ name }) => name), all: all.map(({ name }) => name) };
}

/** A name without its tag: `resnet50` of `resnet50.a1_in1k`. */
export function withoutTag(name: string): string {
  return name.replace(/\..*$/, '');
}

/**
 * What a name and `config.json` say of the forward pass.
 *
 * @throws ConvertError `BACKBONE_UNKNOWN` for a network of timm that is not converted, `HUB_FOLDER_INVALID` for arguments that change
 *   its forward pass to one that is not known
 */
export function withForward(hints: Hints, label: string): Hints {
  if (hints.library !== 'timm' || hints.architecture === undefined) return hints;
  const network = networks().get(withoutTag(hints.architecture));
  if (network === undefined) throw unconvertedTimm(hints.architecture, 'no version of it is known here', label);
  if (network.refused !== null) throw unconvertedTimm(network.name, network.refused, label);
  return { ...hints, forward: forwardOf(network, hints.config ?? {}, label) };
}

/** Names and shapes of a body's tensors, without those that depend on the size of images or on the head. */
export function fingerprintOf({ family, body }: Pick<FoundBody, 'family' | 'body'>): string {
  // RepVGGs are known by what is trained.
  const trained = 'merged' in body ? { ...body, merged: false } : body;
  const tensors = parameters(
    buildGraph({ backbone: family.name, body: trained, head: [], headLayers: [], classes: 0 }),
  );
  const own = [...tensors].filter(([name]) => !SIZED.test(name)).map(([name, shape]) => `${name} ${shape.join()}`);
  return createHash('sha256')
    .update([family.name, ...own.sort()].join('\n'))
    .digest('hex')
    .slice(0, FINGERPRINT);
}

const SIZED = /pos_embed|positional_embedding|relative_position_bias_table|^conv_head\.|^attnpool\.c_proj\./;
/** Hexadecimal digits: in a table of 1,000, two are alike by chance once in 8,000. */
const FINGERPRINT = 8;

/** All networks of timm whose bodies have these tensors. */
export function timmNetworksOf(found: FoundBody): TimmNetwork[] {
  const own = fingerprintOf(found);
  return [...networks().values()].filter(({ fingerprint }) => fingerprint === own);
}

/** @throws ConvertError `BACKBONE_MISMATCH` for tensors that are not those of the name */
export function checkTimm(found: FoundBody, { architecture = '', config, forward }: Hints, label: string): void {
  const name = withoutTag(architecture);
  const ofTimm = found.spelling.library === 'timm' || !hasOwnSpelling(found);
  const alike = timmNetworksOf(found).map((network) => network.name);
  // Another pooling has its norm in another place.
  const isPooledOtherwise = forward?.pool !== networks().get(name)?.forward.pool;
  if (ofTimm && (alike.includes(name) || isPooledOtherwise || isReshaped(config))) return;
  throw notOfTimm(name, ofTimm ? alike : [], found, label);
}

/** Whether timm spells tensors of the family otherwise than torchvision. */
export function hasOwnSpelling({ family }: FoundBody): boolean {
  return family.spellings.some(({ library }) => library === 'timm');
}
