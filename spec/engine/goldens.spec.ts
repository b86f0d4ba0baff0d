/** Compares whole networks with torchvision in float64, on the backends that come with this package. */
import { suite } from 'uvu';
import type { EmbedderOptions, EngineName, Precision } from '../../engine/index.js';
import { checkNetwork, networkGoldens } from '../support/network-goldens.js';

/** Plain JavaScript takes seconds for each; one network for each kind of convolution is enough there. */
const ON_CPU = ['resnet18/32x32', 'mobilenet_v2/64x50'];

const ENGINES: readonly (readonly [EngineName, Precision])[] = [
  ['simd', 'float32'],
  ['simd', 'exact'],
  ['wasm', 'float32'],
  ['cpu', 'float32'],
];

for (const [backend, precision] of ENGINES) {
  const networks = suite(`networks on ${backend}, ${precision}`);
  const options: EmbedderOptions = { backend, precision, threads: 0 };
  const errors: number[] = [];
  for (const golden of networkGoldens()) {
    if (backend === 'cpu' && !ON_CPU.includes(golden.images)) continue;
    networks(golden.images, async () => {
      errors.push(await checkNetwork(golden, options));
    });
  }
  networks.after(() => console.log(`at most ${Math.max(...errors).toExponential(1)} of the largest value`));
  networks.run();
}
