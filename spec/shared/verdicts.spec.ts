/** Verdicts on the real CIFAR-10 tranches: clean, blurred and darkened test images against clean training images. */
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { openEvents } from '../../data/index.js';
import { type DriftBatch, driftReport, fitProfile, type Profile, takeRows, WindowCounter } from '../../drift/index.js';
import { toDriftBatch } from '../../pipeline/measure/event-batches.js';
import { collectEvents } from '../data/support/event-tables.js';
import { assert, test, withSharedData } from '../support/test.js';

withSharedData('verdicts on the CIFAR-10 tranches', (data) => {
  const rowsOf = async (name: string): Promise<DriftBatch & { classes: readonly string[] }> => {
    const events = await openEvents(join(data, 'golden', `${name}.npz`));
    try {
      return { ...toDriftBatch(await collectEvents(events), events.schema), classes: events.schema.classes };
    } finally {
      await events.close();
    }
  };

  /**
   * How many of 100 seeded windows get each verdict, by their clusters. The network was trained on the reference, and is less sure of
   * clean test images, which the default sees.
   */
  const verdicts = (profile: Profile, rows: DriftBatch, size: number): Map<string, number> => {
    const found = new Map<string, number>();
    for (let seed = 0; seed < 100; seed++) {
      const chosen = [...new Random(seed).sample(rows.embeddings.rows, size)];
      const counter = new WindowCounter(profile, { sampleRows: 0 });
      counter.add(takeRows(rows, chosen));
      const { windows } = driftReport(profile, [{ name: 'window', summary: counter.summary() }], {
        seed,
        methods: ['js'],
      });
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
