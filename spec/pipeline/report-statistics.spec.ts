/** Which statistics of the images the report shows. */
import type { Profile, WindowSummary } from '../../drift/index.js';
import { statisticChanges } from '../../pipeline/report/clusters.js';
import { assert, test } from '../support/test.js';

type Side = Record<string, { mean: number; variance: number }>;

const light = (mean: number): Side =>
  Object.fromEntries(['brightness', 'red', 'green', 'blue'].map((name) => [name, { mean, variance: 0.01 }]));

function shown(baseline: Side, window: Side): string[] {
  const [profile, summary] = [baseline, window].map((statistics) => ({ reference: { statistics } }));
  return statisticChanges(profile as unknown as Profile, summary as unknown as WindowSummary).map(({ name }) => name);
}

test('gray images show their brightness once, not again as red, green and blue', () => {
  const saturation = { mean: 0, variance: 0 };
  assert.equal(shown({ ...light(0.5), saturation }, { ...light(0.4), saturation }), ['brightness']);
});

test('where colour comes in or was never measured, the channels are shown', () => {
  const [gray, coloured] = [0, 0.1].map((mean) => ({ saturation: { mean, variance: 0.01 } }));
  assert.is(shown({ ...light(0.5), ...gray }, { ...light(0.4), ...coloured }).length, 5);
  assert.is(shown(light(0.5), light(0.4)).length, 4);
});
