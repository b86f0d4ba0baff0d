import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { type DriftBatch, driftReport, fitProfile, type Profile, takeRows, windowCauses } from '../../drift/index.js';
import { toDriftBatch } from '../../pipeline/measure/event-batches.js';
import { readEvents } from '../data/support/event-tables.js';
import { summaryOf } from '../drift/support.js';
import { baselineOf, CHANGES, COLOUR_CHANGES, columnsOf, firstImages, rowsOf } from '../drift/support-causes.js';
import { amount, assert, test, withSharedData } from '../support/test.js';

const WINDOWS = amount(100, 25);

withSharedData('causes on CIFAR-10 images', (data) => {
  const cifar = (name: string) => join(data, 'cifar', name, 'image_data.npz');

  test('the tranches: nothing, blurred, darker', async () => {
    const { causes } = await baselineOf(cifar('reference'), 2_500);
    const words = async (name: string) => causes(await firstImages(cifar(name), 5_000)).map((cause) => cause.words);
    assert.equal(await words('production_1'), []);
    assert.equal(await words('production_2'), ['blurred: sharpness down 89 % at equal contrast']);
    assert.equal(await words('production_3'), ['darker: mean brightness 0.48 → 0.17']);
  });

  test('from profile and windows of golden embeddings: causes, clusters and predictions in words', async () => {
    const batchOf = async (name: string) => {
      const { events, schema } = await readEvents(join(data, 'golden', `${name}.npz`));
      const { rows, embeddings, scores } = events;
      const { dimensions, classes } = schema;
      const statistics = columnsOf(await firstImages(cifar(name), 5_000));
      return {
        embeddings: { rows, columns: dimensions, data: embeddings },
        scores: { rows, columns: classes.length, data: scores },
        statistics,
        classes,
      };
    };
    const { classes, ...baseline } = await batchOf('reference');
    const source = { classes, tap: 'fc.0', weightsSha256: null };
    const profile = fitProfile(baseline, source, { seed: 1 });
    const told = new Map<string, string[]>();
    for (const name of ['production_1', 'production_2', 'production_3']) {
      told.set(name, windowCauses(profile, summaryOf(profile, await batchOf(name))).words);
    }
    console.log([...told].map(([name, words]) => `${name}: ${words.join('; ') || 'nothing'}`).join('\n'));
    assert.ok(told.get('production_1')!.every((words) => /^(cluster|predicted) /.test(words)));
    assert.is(told.get('production_2')![0], 'blurred: sharpness down 89 % at equal contrast');
    assert.is(told.get('production_3')![0], 'darker: mean brightness 0.48 → 0.17');
    for (const name of ['production_2', 'production_3']) {
      const [, ...rest] = told.get(name)!;
      assert.is(rest.filter((words) => /^cluster \d: \d+ % → \d+ % of rows$/.test(words)).length, 3);
      assert.is(rest.filter((words) => /^predicted ".+": \d+ % → \d+ %$/.test(words)).length, 3);
    }
  });

  test('the tranches in windows of 200 rows: every one', async () => {
    const { causes } = await baselineOf(cifar('reference'), 2_500);
    for (const [name, kinds] of [
      ['production_1', []],
      ['production_2', ['blurred']],
      ['production_3', ['darker']],
    ] as const) {
      const images = await firstImages(cifar(name), 5_000);
      let right = 0;
      for (let seed = 0; seed < WINDOWS; seed++) {
        const found = causes(rowsOf(images, new Random(seed).sample(5_000, 200)));
        if (found.map(({ kind }) => kind).join() === kinds.join()) right++;
      }
      assert.ok(right >= (name === 'production_1' ? 0.95 : 1) * WINDOWS, `${name}: ${right} of ${WINDOWS}`);
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

// Verdicts on the real CIFAR-10 tranches: clean, blurred and darkened test images against clean training images.

withSharedData('verdicts on the CIFAR-10 tranches', (data) => {
  const rowsOf = async (name: string): Promise<DriftBatch & { classes: readonly string[] }> => {
    const { events, schema } = await readEvents(join(data, 'golden', `${name}.npz`));
    return { ...toDriftBatch(events, schema), classes: schema.classes };
  };

  /** Verdicts of 100 seeded windows by clusters; the default also sees lower confidence in clean test images. */
  const verdicts = (profile: Profile, rows: DriftBatch, size: number): Map<string, number> => {
    const found = new Map<string, number>();
    for (let seed = 0; seed < 100; seed++) {
      const chosen = [...new Random(seed).sample(rows.embeddings.rows, size)];
      const summary = summaryOf(profile, takeRows(rows, chosen), { sampleRows: 0 });
      const { windows } = driftReport(profile, [{ name: 'window', summary }], { seed, methods: ['js'] });
      const verdict = windows[0]?.verdict ?? 'none';
      found.set(verdict, (found.get(verdict) ?? 0) + 1);
    }
    return found;
  };

  test('clean, by clusters: no drift in at least 93 of 100 windows of 1,000; blurred and dark: drift in all of 200', async () => {
    const { classes, ...reference } = await rowsOf('reference');
    const profile = fitProfile(reference, { classes });
    const clean = verdicts(profile, await rowsOf('production_1'), 1_000);
    const blurred = verdicts(profile, await rowsOf('production_2'), 200);
    const dark = verdicts(profile, await rowsOf('production_3'), 200);
    console.log('verdicts of 100 windows:', { clean, blurred, dark });
    assert.ok((clean.get('no drift') ?? 0) >= 93, `${clean.get('no drift')} of 100`);
    assert.is(blurred.get('drift'), 100);
    assert.is(dark.get('drift'), 100);
  });
});
