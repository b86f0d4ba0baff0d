/** Compares whole backbones with the large PyTorch references that `spec/ci/make_backbone_goldens.sh` makes. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { convertCheckpoint } from '../../convert/index.js';
import { Embedder, type EmbedderOptions, type ImageBatch } from '../../engine/index.js';
import { readWholeArray } from './npz-file.js';
import { relativeError } from './relative-error.js';
import { assert, temporaryFolder } from './test.js';

const TOLERANCE = 1e-5;

/** Names of the cases, each a folder of `IMAGE_DRIFT_GOLDENS`; null without references. */
export function backboneGoldens(): { root: string; cases: string[] } | null {
  const root = process.env['IMAGE_DRIFT_GOLDENS'];
  if (root === undefined || !existsSync(root)) return null;
  return { root, cases: readdirSync(root).filter((name) => existsSync(join(root, name, 'case.json'))) };
}

/**
 * Largest error over all taps, each relative to its largest value. Not of the softmax: with random weights logits are
 * in the hundreds, and it magnifies their last bits.
 */
export async function checkBackbone(folder: string, options: EmbedderOptions): Promise<number> {
  const { arch, taps: names } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8'));
  const tap: string[] = names.split(',');
  const weights = join(temporaryFolder(), 'weights');
  const { config } = await convertCheckpoint(join(folder, 'model.pth'), weights, {
    size: null,
    mean: [0.5],
    std: [0.5],
  });
  assert.is(config.backbone, arch);
  const embedder = await Embedder.load(weights, { tap, ...options });
  rmSync(weights, { recursive: true });
  const errors: number[] = [];
  for await (const { taps } of embedder.run([await readImages(join(folder, 'input.npz'))])) {
    for (const name of tap) {
      const expected = await readWholeArray(join(folder, 'golden.npz'), name);
      const { shape, data } = taps.get(name)!;
      assert.equal(shape, expected.shape, name);
      errors.push(relativeError(data, expected.values));
      assert.ok(errors.at(-1)! <= TOLERANCE, `${name}: ${errors.at(-1)} relative to the largest value`);
    }
  }
  await embedder.close();
  return Math.max(...errors);
}

async function readImages(path: string): Promise<ImageBatch> {
  const { shape, values } = await readWholeArray(path, 'arr_0');
  const [rows = 0, height = 0, width = 0] = shape;
  return { rows, height, width, data: values as Uint8Array };
}
