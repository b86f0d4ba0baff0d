/**
 * Windows of a Swin Transformer V2 of timm, transformers or its authors, which are as small as the map where that is smaller. No
 * tensor shows their size: it follows from the name of the network, or from `config.json`.
 */
import type { Hints } from './family.js';
import type { SwinBody } from './swin-body.js';

/** A way to cut the maps of a network. */
export interface Layout {
  /** Side of the windows of the first stage. */
  window: number;
  /** Side of the images. */
  image: number;
  /** Sides of the windows of each stage at which the bias was trained, if it was at others. */
  trained?: readonly number[];
  /** timm's name of a network that has them. */
  name?: string;
}

export type Windows = Required<Pick<SwinBody, 'image' | 'windows'>> & Pick<SwinBody, 'trained'>;

/** Null where windows do not fill the maps, or pixels of a map cannot be joined in fours. */
export function windowsAt({ window, image, trained }: Layout, patch: number, stages: number): Windows | null {
  const maps = Array.from({ length: stages }, (_, stage) => image / patch / 2 ** stage);
  const windows = maps.map((map) => Math.min(window, map));
  if (!maps.every((map, stage) => Number.isInteger(map / windows[stage]!) && Number.isInteger(map))) return null;
  return { image, windows, ...(trained === undefined ? {} : { trained: [...trained] }) };
}

/** Those that what is said of the network leaves, or else all that a network of this size has. */
export function layoutsOf({ architecture, config }: Hints, width: number, patch: number, stages: number): Layout[] {
  const named = layoutOfName(architecture ?? '', patch, stages);
  if (named !== null) return [named];
  const described = layoutOfConfig(config ?? {});
  if (described !== null) return [described];
  return (KNOWN[width] ?? []).map((name) => ({ ...layoutOfName(name, patch, stages)!, name }));
}

/** `swinv2_tiny_window8_256`, `swinv2_base_window12to24_192to384`. */
const NAME = /^swinv2_\w+?_window(\d+)(?:to(\d+))?_(\d+)(?:to(\d+))?(?:\.|$)/;

/** timm's networks by the channels of the first stage. */
const KNOWN: Readonly<Record<number, readonly string[]>> = {
  96: ['swinv2_tiny_window8_256', 'swinv2_tiny_window16_256'],
  128: [
    'swinv2_base_window8_256',
    'swinv2_base_window16_256',
    'swinv2_base_window12_192',
    'swinv2_base_window12to16_192to256',
    'swinv2_base_window12to24_192to384',
  ],
  192: ['swinv2_large_window12_192', 'swinv2_large_window12to16_192to256', 'swinv2_large_window12to24_192to384'],
};

function layoutOfName(name: string, patch: number, stages: number): Layout | null {
  const [, first, second, from, to] = NAME.exec(name) ?? [];
  if (first === undefined || from === undefined) return null;
  if (second === undefined) return { window: Number(first), image: Number(from) };
  const before = windowsAt({ window: Number(first), image: Number(from) }, patch, stages);
  if (before === null) return null;
  return { window: Number(second), image: Number(to ?? from), trained: before.windows };
}

function layoutOfConfig(config: Readonly<Record<string, unknown>>): Layout | null {
  const { window_size: window, image_size: image, pretrained_window_sizes: trained } = config;
  if (typeof window !== 'number' || typeof image !== 'number') return null;
  const sides = Array.isArray(trained) ? trained.filter((side) => typeof side === 'number' && side > 0) : [];
  return { window, image, ...(sides.length === 0 ? {} : { trained: sides }) };
}
