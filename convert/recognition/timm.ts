/** What timm's names say and tensors do not, such as activations. Names are in `timm-networks.txt`, with the shapes. */

import * as z from 'zod';
import { asset, sha256Of, utf8 } from '#platform';
import { printable } from '../../base/index.js';
import { buildGraph, type Forward, type Hints } from '../../graph/backbones/index.js';
import { parameters } from '../../graph/index.js';
import { ConvertError } from '../convert-error.js';
import { EXPORT_HINT, exportTimm } from '../to-onnx.js';
import type { FoundBody } from './find-bodies.js';
import { notOfTimm, unconvertedTimm } from './refusals.js';

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

/**
 * The networks of timm 1.0.31. `npm run check:names -- --table` makes the file anew and keeps what follows the hash. A
 * line has the name, a hash of the body's names and shapes (`fingerprintOf`), and what is unusual and no tensor shows.
 * After a dash is why it is not converted. All others were compared with timm's in tensors and settings, those in
 * bench/results/names.csv in numbers. After an empty line come networks of other families.
 */
const TABLE = 'convert/recognition/timm-networks.txt';

/** Lines of the table, and the names after them. */
export function timmTable(): { lines: string[]; others: string[] } {
  const [lines = '', others = ''] = utf8(asset(TABLE)!).split('\n\n');
  return { lines: lines.split('\n'), others: others.trim().split(/\s+/) };
}

/** By name, when first asked for. */
let known: ReadonlyMap<string, TimmNetwork> | null = null;

function networks(): ReadonlyMap<string, TimmNetwork> {
  if (known !== null) return known;
  const { lines, others } = timmTable();
  const refused = 'its forward pass is not known here';
  const all = [...lines.map(networkOf), ...others.map((name) => ({ name, fingerprint: '', forward: {}, refused }))];
  known = new Map(all.map((network) => [network.name, network]));
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
 * @throws ConvertError `BACKBONE_UNKNOWN` for a timm network that is not converted; `HUB_FOLDER_INVALID` as `forwardOf`
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
  return sha256Of([family.name, ...own.sort()].join('\n')).slice(0, FINGERPRINT);
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

// Arguments of `timm.create_model` in `config.json`. Those that change what is computed are followed or refused.

/** Arguments that training alone needs, or that hold for other images than the network's own. */
const WITHOUT_EFFECT =
  /^(drop_rate|drop_path_rate|drop_block_rate|attn_drop_rate|proj_drop_rate|pos_drop_rate|patch_drop_rate|weight_init|fix_init|zero_init_last|head_init_scale|bn_momentum|dynamic_img_size|strict_img_size)$/;
/** Arguments whose effect the tensors show. */
const SHOWN =
  /^(num_classes|in_chans|img_size|patch_size|depth|depths|dims|layers|embed_dim|mlp_ratio|num_heads|qkv_bias|init_values|ls_init_value|class_token|reg_tokens|no_embed_class|fc_norm|use_grn|conv_mlp|head_norm_first|head_hidden_size|stem_type|stem_width|avg_down|base_width|cardinality|growth_rate|block_config|channel_multiplier)$/;
/** Those of them that leave all shapes that a name is known by. */
const SAME_SHAPES = /^(num_classes|in_chans|img_size)$/;

const schema = z.object({
  global_pool: z.string().nullish(),
  num_classes: z.number().nullish(),
  model_args: z.record(z.string(), z.unknown()).nullish(),
  pretrained_cfg: z.object({ global_pool: z.string().nullish() }).nullish(),
});

const POOLS: Readonly<Record<string, Forward['pool']>> = { token: 'token', avg: 'mean', map: 'attention' };
const AVERAGES = ['avg', 'fast', 'fastavg'];

/**
 * The forward pass of a network with its arguments.
 * @throws ConvertError `HUB_FOLDER_INVALID` for an argument that changes it to one that is not known
 */
function forwardOf(
  { name, forward }: { name: string; forward: Forward },
  config: Readonly<Record<string, unknown>>,
  label: string,
): Forward {
  const { model_args: args, global_pool: told, pretrained_cfg: pretrained } = read(config, label);
  const given = Object.entries(args ?? {}).filter(([, value]) => value != null);
  for (const [key, value] of given) {
    if (key !== 'global_pool' && !WITHOUT_EFFECT.test(key) && !SHOWN.test(key)) throw changed(name, key, value, label);
  }
  const { global_pool: asked = pretrained?.global_pool, num_heads: heads } = Object.fromEntries(given);
  const pool = asked ?? told;
  if (asked != null && told != null && asked !== told)
    throw changed(name, 'global_pool', `${String(asked)}, and ${told} beside it`, label);
  return {
    ...forward,
    ...(typeof heads === 'number' ? { heads } : {}),
    ...(pool == null ? {} : pooled({ name, forward }, String(pool), label)),
  };
}

function pooled({ name, forward }: { name: string; forward: Forward }, pool: string, label: string): Forward {
  const known = forward.pool === undefined ? AVERAGES.includes(pool) : POOLS[pool] !== undefined;
  if (!known) throw changed(name, 'global_pool', pool, label);
  return forward.pool === undefined ? {} : { pool: POOLS[pool] };
}

/** Whether arguments give a network other shapes than those of its name. */
function isReshaped(config: Readonly<Record<string, unknown>> | undefined): boolean {
  const args = schema.safeParse(config ?? {}).data?.model_args ?? {};
  return Object.entries(args).some(([key, value]) => value != null && SHOWN.test(key) && !SAME_SHAPES.test(key));
}

/** @throws ConvertError `HUB_FOLDER_INVALID` for other classes than in `config.json`; for CLIP, timm means features */
export function checkClasses(
  classes: number,
  features: number,
  config: Readonly<Record<string, unknown>>,
  label: string,
): void {
  const { num_classes: told } = read(config, label);
  if (told == null || told === classes || (classes === 0 && told === features)) return;
  const message = `${label}: config.json says num_classes ${told}, the tensors have ${classes === 0 ? 'no head' : `a head of ${classes}`}`;
  throw new ConvertError('HUB_FOLDER_INVALID', message);
}

function read(config: Readonly<Record<string, unknown>>, label: string): z.infer<typeof schema> {
  const { data, error } = schema.safeParse(config);
  if (data !== undefined) return data;
  throw new ConvertError('HUB_FOLDER_INVALID', `${label}: config.json: ${z.prettifyError(error)}`);
}

function changed(name: string, key: string, value: unknown, label: string): ConvertError {
  const text = printable(typeof value === 'string' ? value : JSON.stringify(value));
  const message = `${label}: config.json says ${printable(key)} ${text}, with which timm's ${printable(name)} computes something else than is known here`;
  return new ConvertError('HUB_FOLDER_INVALID', message, {
    hint: EXPORT_HINT,
    program: exportTimm('"local-dir:FOLDER", pretrained=True'),
  });
}
