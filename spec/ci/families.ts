/**
 * Converts the state dicts that `families/make.py` made, and compares every tap with PyTorch's float64 output. The error may
 * be twice that of PyTorch's own float32. A tap `@embedding` is the layer that convert takes by default, `@scores` the softmax.
 *
 *   node dist/spec/ci/families.js FOLDER
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readHubFolder } from '../../convert/hub-folder.js';
import {
  aliasOf,
  type ConvertOptions,
  convertCheckpoint,
  readCheckpoint,
  recogniseCheckpoint,
} from '../../convert/index.js';
import { openImages, withChannels } from '../../data/index.js';
import { Embedder } from '../../engine/index.js';
import { buildGraph, networkSpec } from '../../graph/backbones/index.js';
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
  const { network, side, taps, options } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Case;
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
  const outputs = await run(
    weights,
    join(folder, 'pixels.npy'),
    [...new Set(names.values())],
    config.preprocessing.mean.length,
  );
  rmSync(weights, { recursive: true, force: true });
  let worst = 0;
  for (const [name, own] of names) {
    const { file, float32 } = taps[name]!;
    const share =
      relativeRms(outputs.get(own)!, await readNpy(join(folder, file)), file) / Math.max(float32, LEAST_ERROR);
    if (!(share <= MOST))
      throw new Error(`${name || 'logits'}: ${share.toFixed(2)} times PyTorch's own error of ${float32}`);
    worst = Math.max(worst, share);
  }
  const missing = Object.keys(taps).filter((name) => !names.has(name));
  const others = missing.length === 0 ? '' : `; not by that name here: ${missing.join(', ')}`;
  return `${config.backbone} for ${network}, ${names.size} taps, at most ${worst.toFixed(2)} times PyTorch's own error${others}`;
}

async function run(weights: string, pixels: string, names: string[], channels: number): Promise<Map<string, number[]>> {
  const tap = names.filter((name) => name !== SCORES);
  const embedder = await Embedder.load(weights, { tap, backend: 'auto', precision: 'exact' });
  const images = await openImages(pixels, { channels });
  const outputs = new Map(names.map((name) => [name, [] as number[]]));
  const batches = async function* () {
    for await (const batch of images.batches(1)) yield withChannels(batch, channels, images.where);
  };
  for await (const { taps, scores } of embedder.run(batches())) {
    for (const [name, { data }] of taps) for (const value of data) outputs.get(name)!.push(value);
    for (const value of scores ?? []) outputs.get(SCORES)?.push(value);
  }
  await images.close();
  await embedder.close();
  return outputs;
}

const [root, ...only] = process.argv.slice(2);
if (root === undefined || !existsSync(root)) throw new Error('usage: families.js FOLDER [NAME...]');
let failed = 0;
const folders = readdirSync(root).filter((name) => existsSync(join(root, name, 'case.json')));
const chosen = folders.filter((name) => only.length === 0 || only.includes(name)).sort();
for (const name of chosen) {
  try {
    console.log(`ok     ${name}: ${await check(join(root, name))}`);
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`${chosen.length - failed} of ${chosen.length} state dicts convert and agree with PyTorch`);
process.exitCode = failed === 0 && chosen.length > 0 ? 0 : 1;
