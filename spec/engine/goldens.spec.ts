import type { EmbedderOptions } from '../../engine/index.js';
import { checkNetwork, networkGoldens } from '../support/network-goldens.js';
import { suite } from '../support/test.js';

for (const precision of ['float32', 'exact'] as const) {
  const networks = suite(`networks on simd, ${precision}`);
  const options: EmbedderOptions = { backend: 'simd', precision, threads: 0 };
  const errors: number[] = [];
  for (const golden of networkGoldens()) {
    networks(golden.images, async () => {
      errors.push(await checkNetwork(golden, options));
    });
  }
  networks.after(() => console.log(`at most ${Math.max(...errors).toExponential(1)} of the largest value`));
}
