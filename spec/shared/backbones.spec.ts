/**
 * Many backbones, sizes and taps against PyTorch in float64. The references are too large for the repository:
 * `spec/ci/make_backbone_goldens.sh` makes them, `IMAGE_DRIFT_GOLDENS` tells where they are.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { convertCheckpoint } from '../../convert/index.js';
import { Embedder, type ImageBatch } from '../../engine/index.js';
import { readWholeArray } from '../support/npz-array.js';
import { relativeError } from '../support/relative-error.js';
import { temporaryFolder } from '../support/temporary.js';

const TOLERANCE = 1e-5;
const MIN_CASES = 10;

const goldens = process.env['IMAGE_DRIFT_GOLDENS'];
const backbones = suite('backbones against PyTorch');

async function readImages(path: string): Promise<ImageBatch> {
  const { shape, values } = await readWholeArray(path, 'arr_0');
  const [rows = 0, height = 0, width = 0] = shape;
  return { rows, height, width, data: values as Uint8Array };
}

/**
 * Largest error over all taps, each relative to its largest value. Not the softmax: with random weights logits are in
 * the hundreds, and it magnifies their last bits.
 */
async function compare(folder: string): Promise<number> {
  const { arch, taps: names } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8'));
  const tap: string[] = names.split(',');
  const weights = join(temporaryFolder(), 'weights');
  const { config } = await convertCheckpoint(join(folder, 'model.pth'), weights, {
    size: null,
    mean: [0.5],
    std: [0.5],
  });
  assert.is(config.backbone, arch);
  const embedder = await Embedder.load(weights, { tap, threads: 1 });
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

if (goldens === undefined || !existsSync(goldens)) {
  console.log('SKIPPED (no IMAGE_DRIFT_GOLDENS): backbones against PyTorch');
} else {
  const cases = readdirSync(goldens).filter((name) => existsSync(join(goldens, name, 'case.json')));
  backbones('there are enough of them', () => assert.ok(cases.length >= MIN_CASES, `only ${cases.length}`));
  for (const name of cases) {
    backbones(name, async () => {
      const error = await compare(join(goldens, name));
      console.log(`${name}: ${error.toExponential(1)}`);
    });
  }
}
backbones.run();
