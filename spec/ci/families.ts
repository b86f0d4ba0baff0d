/**
 * Converts the state dicts of `families/make.py`, and compares every tap with PyTorch's float64 output. Tap
 * `@embedding` is the layer that convert takes by default, `@scores` the softmax.
 *     node dist/spec/ci/families.js FOLDER
 */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readHubFolder } from '../../convert/hub-folder.js';
import {
  aliasOf,
  type ConvertOptions,
  convertCheckpoint,
  readCheckpoint,
  recogniseCheckpoint,
} from '../../convert/index.js';
import { buildGraph, networkSpec } from '../../graph/backbones/index.js';
import { caseFolders, checkEach, networkOutputs, readCase } from '../support/network-outputs.js';
import { readNpy } from '../support/npz-file.js';
import { relativeRms } from '../support/relative-error.js';

interface Case {
  network: string;
  side: number;
  options: ConvertOptions;
  /** Tap → its file, and the relative error of PyTorch's float32. */
  taps: Record<string, { file: string; shape: number[]; float32: number }>;
}

const EMBEDDING = '@embedding';
const SCORES = '@scores';

/** How many times PyTorch's own error is allowed. */
const MOST = 2;
/** What float32 cannot do better: half the distance of two neighbours. */
const LEAST_ERROR = 2 ** -24;
const PIXELS = { mean: [0.5], std: [0.5] } as const;

/** @returns what was compared, in words @throws for a tap that is too far from PyTorch's */
async function check(folder: string): Promise<string> {
  const { network, side, taps, options } = readCase<Case>(folder);
  const weights = join(folder, 'weights');
  rmSync(weights, { recursive: true, force: true });
  const path = join(folder, 'model.pth');
  const { config } = await convertCheckpoint(path, weights, { ...PIXELS, size: [side, side], ...options });
  const { modules } = buildGraph(networkSpec(config));
  const hub = statSync(path).isDirectory() ? await readHubFolder(path) : null;
  const described = { ...options, ...(hub === null ? {} : { hints: hub.hints }), label: network };
  const found = recogniseCheckpoint(await readCheckpoint(hub?.file ?? path), described);
  // By their names here; PyTorch's network may have others.
  const names = new Map<string, string>();
  for (const name of Object.keys(taps)) {
    const own = modules.has(name) ? name : name === EMBEDDING ? config.tap : aliasOf(name, found);
    if (name === SCORES || (own !== null && modules.has(own))) names.set(name, own ?? name);
  }
  const tap = [...new Set(names.values())].filter((name) => name !== SCORES);
  const settings = { tap, backend: 'auto', precision: 'exact', batch: 1 } as const;
  const outputs = await networkOutputs(weights, join(folder, 'pixels.npy'), settings);
  rmSync(weights, { recursive: true, force: true });
  let worst = 0;
  for (const [name, own] of names) {
    const { file, float32 } = taps[name]!;
    const ours = own === SCORES ? outputs.scores : outputs.taps.get(own)!;
    const share = relativeRms(ours, await readNpy(join(folder, file)), file) / Math.max(float32, LEAST_ERROR);
    if (!(share <= MOST))
      throw new Error(`${name || 'logits'}: ${share.toFixed(2)} times PyTorch's own error of ${float32}`);
    worst = Math.max(worst, share);
  }
  const missing = Object.keys(taps).filter((name) => !names.has(name));
  const others = missing.length === 0 ? '' : `; not by that name here: ${missing.join(', ')}`;
  return `${config.backbone} for ${network}, ${names.size} taps, at most ${worst.toFixed(2)} times PyTorch's own error${others}`;
}

const [root = '', ...only] = process.argv.slice(2);
const folders = caseFolders(root, 'families.js FOLDER [NAME...]');
const chosen = folders.filter((name) => only.length === 0 || only.includes(name));
const right = await checkEach(chosen, (name) => check(join(root, name)));
console.log(`${right} of ${chosen.length} state dicts convert and agree with PyTorch`);
