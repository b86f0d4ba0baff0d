/** Whole networks, several taps each and the softmax, against torchvision in float64 (fixtures/engine/executor). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Embedder } from '../../engine/index.js';
import { relativeError, type Sample } from '../support/golden.js';
import { fixtures } from '../support/paths.js';
import { pixels } from '../support/pseudo-random.js';
import { type PseudoModel, pseudoWeights } from '../support/pseudo-weights.js';

interface Golden extends PseudoModel {
  images: string;
  rows: number;
  height: number;
  width: number;
  scores: Sample;
  taps: Record<string, Sample>;
}

const TOLERANCE = 1e-5;

const goldens: Golden[] = JSON.parse(readFileSync(join(fixtures, 'engine', 'executor', 'goldens.json'), 'utf8'));

for (const backend of ['wasm', 'cpu'] as const) {
  const networks = suite(`networks on ${backend}`);
  for (const golden of goldens) {
    // Plain JavaScript takes seconds for each; one of each kind of convolution is enough there.
    if (backend === 'cpu' && !['resnet18/32x32', 'mobilenet_v2/64x50'].includes(golden.images)) continue;
    networks(golden.images, async () => {
      const { images, rows, height, width } = golden;
      const tap = Object.keys(golden.taps);
      const embedder = await Embedder.create(pseudoWeights(golden), { tap, backend, threads: 0 });
      const data = pixels(images, rows * height * width * 3);
      for await (const { taps, scores } of embedder.run([{ rows, height, width, data }])) {
        for (const name of tap) {
          const { shape, data } = taps.get(name)!;
          const error = relativeError(golden.taps[name]!, shape, data);
          assert.ok(error <= TOLERANCE, `${name}: ${error} relative to the largest value`);
        }
        const error = relativeError(golden.scores, [rows, golden.classes], scores!);
        assert.ok(error <= TOLERANCE, `scores: ${error} relative to the largest value`);
      }
      await embedder.close();
    });
  }
  networks.run();
}
