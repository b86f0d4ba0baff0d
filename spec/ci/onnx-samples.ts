/** Writes ONNX files with images and PyTorch's float64 results into a folder (argument), for `check_onnx.py`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareOnnx, writeOnnx } from '../../convert/index.js';
import { buildGraph } from '../../graph/backbones/index.js';
import { bind, resolveTap } from '../../graph/index.js';
import { onnxModel } from '../../graph/onnx/index.js';
import { optimise } from '../../graph/passes/index.js';
import { networkGoldens } from '../support/network-goldens.js';
import { pixels } from '../support/pseudo-random.js';
import { pseudoWeights } from '../support/pseudo-weights.js';

const folder = process.argv[2]!;

for (const [i, golden] of networkGoldens().entries()) {
  const { backbone, head, classes, rows, height, width } = golden;
  const { config, tensors } = pseudoWeights(golden);
  const graph = buildGraph({ backbone, head, classes });
  const taps = new Map(Object.keys(golden.taps).map((name) => [name, resolveTap(graph, name)]));
  const { mean, std } = config.preprocessing;
  // Once unchanged, so that batch norms are written too, and once as it runs.
  for (const [form, bound] of [
    ['plain', bind(graph, tensors)],
    ['optimised', optimise(bind(graph, tensors), new Set([...taps.values(), graph.output]))],
  ] as const) {
    const name = `${i}-${backbone}-${form}`;
    await writeOnnx(join(folder, `${name}.onnx`), onnxModel(bound, { taps, scores: true, mean, std, size: null }));
    writeFileSync(
      join(folder, `${name}.json`),
      JSON.stringify({
        images: [rows, height, width, 3],
        pixels: Buffer.from(pixels(golden.images, rows * height * width * 3)).toString('base64'),
        outputs: { ...golden.taps, scores: golden.scores },
      }),
    );
  }
}

const { config, tensors } = pseudoWeights({ backbone: 'resnet18', head: [], classes: 4 });
const fixed = {
  ...config,
  tap: 'avgpool',
  preprocessing: { ...config.preprocessing, size: [40, 36] as [number, number] },
};
await writeOnnx(join(folder, 'fixed.onnx'), await prepareOnnx(fixed, tensors));
