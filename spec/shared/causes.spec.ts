/** Causes on CIFAR-10 and Fashion-MNIST images: the tranches of the shared data, and one change at a time. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../random/index.js';
import { baselineOf, CHANGES, COLOUR_CHANGES, firstImages, rowsOf } from '../drift/support-causes.js';
import { withSharedData } from '../support/paths.js';

withSharedData('causes on CIFAR-10 images', (data) => {
  const cifar = (name: string) => join(data, 'cifar', name, 'image_data.npz');

  test('the tranches: nothing, blurred, darker', async () => {
    const { causes } = await baselineOf(cifar('reference'), 2_500);
    const words = async (name: string) => causes(await firstImages(cifar(name), 5_000)).map((cause) => cause.words);
    assert.equal(await words('production_1'), []);
    assert.equal(await words('production_2'), ['blurred: sharpness down 89 % at equal contrast']);
    assert.equal(await words('production_3'), ['darker: mean brightness 0.48 → 0.17']);
  });

  test('the tranches in windows of 200 rows: 100 of 100', async () => {
    const { causes } = await baselineOf(cifar('reference'), 2_500);
    for (const [name, kinds] of [
      ['production_1', []],
      ['production_2', ['blurred']],
      ['production_3', ['darker']],
    ] as const) {
      const images = await firstImages(cifar(name), 5_000);
      let right = 0;
      for (let seed = 0; seed < 100; seed++) {
        const found = causes(rowsOf(images, new Random(seed).sample(5_000, 200)));
        if (found.map(({ kind }) => kind).join() === kinds.join()) right++;
      }
      assert.ok(right >= (name === 'production_1' ? 95 : 100), `${name}: ${right} of 100`);
    }
  });

  for (const [set, reference, window] of [
    ['CIFAR-10', cifar('reference'), cifar('production_1')],
    ['Fashion-MNIST', join(data, 'fashion', 'train.npz'), join(data, 'fashion', 'test.npz')],
  ] as const) {
    test(`${set}: each change by its own name`, async () => {
      const { causes } = await baselineOf(reference, 2_500);
      const images = await firstImages(window, 1_000);
      for (const [name, change, kinds] of set === 'CIFAR-10' ? [...CHANGES, ...COLOUR_CHANGES] : CHANGES) {
        const found = causes(change(images));
        assert.equal(
          found.map(({ kind }) => kind),
          kinds,
          `${name}: ${found.map(({ words }) => words).join('; ')}`,
        );
      }
    });
  }
});

test.run();
