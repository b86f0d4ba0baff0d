/** Whole networks against torchvision in float64, on the backends that come with this package. */
import { suite } from 'uvu';
import { checkNetwork, networkGoldens } from '../support/network-goldens.js';

for (const backend of ['wasm', 'cpu'] as const) {
  const networks = suite(`networks on ${backend}`);
  for (const golden of networkGoldens()) {
    // Plain JavaScript takes seconds for each; one of each kind of convolution is enough there.
    if (backend === 'cpu' && !['resnet18/32x32', 'mobilenet_v2/64x50'].includes(golden.images)) continue;
    networks(golden.images, () => checkNetwork(golden, { backend, threads: 0 }));
  }
  networks.run();
}
