/**
 * What `config.json` of timm says of a network beside its name: the arguments of `timm.create_model`. Those that change what is computed
 * are followed or refused.
 */
import { z } from 'zod';
import { printable } from '../../base/index.js';
import type { Forward } from '../../graph/backbones/index.js';
import { ConvertError } from '../convert-error.js';
import { EXPORT_HINT, exportTimm } from '../to-onnx.js';

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

/** Poolings by timm's names. */
const POOLS: Readonly<Record<string, Forward['pool']>> = { token: 'token', avg: 'mean', map: 'attention' };
const AVERAGES = ['avg', 'fast', 'fastavg'];

/**
 * The forward pass of a network with its arguments.
 *
 * @throws ConvertError `HUB_FOLDER_INVALID` for an argument that changes it to one that is not known
 */
export function forwardOf(
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
export function isReshaped(config: Readonly<Record<string, unknown>> | undefined): boolean {
  const args = schema.safeParse(config ?? {}).data?.model_args ?? {};
  return Object.entries(args).some(([key, value]) => value != null && SHOWN.test(key) && !SAME_SHAPES.test(key));
}

/**
 * @param features how many values the body gives; timm counts those of CLIP's projection as classes
 * @throws ConvertError `HUB_FOLDER_INVALID` for a head of another number of classes than `config.json` says
 */
export function checkClasses(
  classes: number,
  features: number,
  config: Readonly<Record<string, unknown>>,
  label: string,
): void {
  const { num_classes: told } = read(config, label);
  if (told == null || told === classes || (classes === 0 && told === features)) return;
  throw new ConvertError(
    'HUB_FOLDER_INVALID',
    `${label}: config.json says num_classes ${told}, the tensors have ${classes === 0 ? 'no head' : `a head of ${classes}`}`,
  );
}

function read(config: Readonly<Record<string, unknown>>, label: string): z.infer<typeof schema> {
  const { data, error } = schema.safeParse(config);
  if (data !== undefined) return data;
  throw new ConvertError('HUB_FOLDER_INVALID', `${label}: config.json: ${z.prettifyError(error)}`);
}

function changed(name: string, key: string, value: unknown, label: string): ConvertError {
  const text = printable(typeof value === 'string' ? value : JSON.stringify(value));
  return new ConvertError(
    'HUB_FOLDER_INVALID',
    `${label}: config.json says ${printable(key)} ${text}, with which timm's ${printable(name)} computes something else than is known here`,
    { hint: EXPORT_HINT, program: exportTimm('"local-dir:FOLDER", pretrained=True') },
  );
}
